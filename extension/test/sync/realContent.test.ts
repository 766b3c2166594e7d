import { Buffer } from 'node:buffer';
import { writeFileSync } from 'node:fs';
import { cp, mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectSame } from './machine';
import { serverFixture } from './serverFixture';

const modules = join(import.meta.dirname, '../../../node_modules');
const least = { files: 3_000, bytes: 150_000_000 };

const fixture = serverFixture();

describe('real content', () => {
  it('of thousands of files with links and executables arrives byte for byte, and so do later changes', async () => {
    const [desk, laptop] = await fixture.twoMachines({ exclude: [] });
    const copied = await copyPackages(desk.path('data'));
    expect(copied.files).toBeGreaterThanOrEqual(least.files);
    expect(copied.bytes).toBeGreaterThanOrEqual(least.bytes);
    await desk.sync.track(['data']);
    const { tracked, problems } = desk.sync.state.counts;
    expect(problems).toBe(0);
    expect(await desk.push()).toMatchObject({ put: tracked, deleted: 0 });
    expect(await laptop.pull()).toMatchObject({ written: tracked, conflicts: [], skipped: [] });
    expectSame(await laptop.listing(), await desk.listing());

    await laptop.write('data/zod/package.json', '{}');
    await laptop.delete('data/kysely');
    await laptop.rename('data/hono', 'data/flame');
    expect((await laptop.push(true)).uploadedBytes).toBeLessThan(100_000);
    expect((await desk.pull(true)).downloadedBytes).toBeLessThan(100_000);
    expectSame(await desk.listing(), await laptop.listing());
    expect(await readdir(desk.path('data'))).not.toContain('kysely');
  });

  it('with hostile names arrives byte for byte, or is a named problem', async () => {
    const [desk, laptop] = await fixture.twoMachines({ exclude: [] });
    const names = [
      'with space',
      ' lead and trail ',
      '-rf',
      '--delete',
      '#comment',
      ';semicolon',
      'new\nline',
      'return\rhere',
      'tab\there',
      '*?[a-z]',
      '$(touch pwned)',
      '`id`',
      'quote\'"s',
      'ünïcødé-日本語-🌴',
      'e\u0301 decomposed',
      '\u00e9 composed',
      '~tilde',
      '%41%',
      'a:b',
      '.hidden',
      '...',
      'x'.repeat(255),
      'é'.repeat(127),
      '\u202Ertl',
    ];
    for (const name of names) {
      await desk.write(`hostile/${name}`, `content of ${name}`);
      await desk.write(`hostile/folder ${name.slice(0, 100)}/file`, 'below');
    }
    await desk.write('hostile/back\\slash', 'x');
    writeFileSync(Buffer.concat([Buffer.from(`${desk.path('hostile')}/not-utf8-`), Buffer.from([0xff, 0xfe])]), 'x');
    await desk.sync.track(['hostile']);
    const expected = names.length * 2;
    expect(desk.sync.state.counts.tracked).toBe(expected);
    expect([...desk.sync.pathStates].filter(([, state]) => state === 'problem')).toHaveLength(2);
    expect(await desk.push()).toMatchObject({ put: expected });
    expect(await laptop.pull()).toMatchObject({ written: expected, skipped: [] });
    const [there, here] = [await laptop.listing('hostile'), await desk.listing('hostile')];
    expect(here.size - there.size).toBe(2);
    expectSame(there, new Map([...here].filter(([path]) => there.has(path))));

    await laptop.write('hostile/#comment', 'edited');
    await laptop.delete('hostile/-rf');
    await laptop.rename('hostile/new\nline', 'hostile/;renamed\n');
    expect(await laptop.push()).toMatchObject({ put: 2, deleted: 2 });
    expect(await desk.pull()).toMatchObject({ written: 2, deleted: 2, skipped: [] });
    const [edited, followed] = [await laptop.listing('hostile'), await desk.listing('hostile')];
    expectSame(edited, new Map([...followed].filter(([path]) => edited.has(path))));
    expect(followed.size - edited.size).toBe(2);
  });
});

/** Copies installed packages, with their executables and the links in .bin, until there is enough. */
async function copyPackages(target: string): Promise<{ files: number; bytes: number }> {
  await mkdir(target, { recursive: true });
  const first = ['.bin', 'zod', 'kysely', 'hono', 'playwright-core', 'typescript'];
  const rest = (await readdir(modules))
    .filter((name) => !name.startsWith('.') && !first.includes(name))
    .sort(byNodeFirst);
  let files = 0;
  let bytes = 0;
  for (const name of [...first, ...rest]) {
    if (!first.includes(name) && files >= least.files && bytes >= least.bytes) break;
    await cp(join(modules, name), join(target, name), {
      recursive: true,
      preserveTimestamps: true,
      verbatimSymlinks: true,
    });
    for (const entry of await readdir(join(target, name), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      files++;
      bytes += (await stat(join(entry.parentPath, entry.name))).size;
    }
  }
  return { files, bytes };
}

/** The packages with Node itself hold the large executables. */
function byNodeFirst(a: string, b: string): number {
  return Number(b.startsWith('node-')) - Number(a.startsWith('node-')) || (a < b ? -1 : 1);
}
