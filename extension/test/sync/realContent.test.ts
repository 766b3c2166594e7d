import { Buffer } from 'node:buffer';
import { writeFileSync } from 'node:fs';
import { cp, mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectSame } from './machine';
import { serverFixture } from './serverFixture';

const modules = join(import.meta.dirname, '../../../node_modules');
const minimum = { files: 3_000, bytes: 150_000_000 };

const fixture = serverFixture();

describe('real content', () => {
  it('of thousands of files with symlinks and executables is synced byte for byte, and later changes too', async () => {
    const [desk, laptop] = await fixture.twoMachines({ exclude: [] });
    const copied = await copyPackages(desk.path('data'));
    expect(copied.files).toBeGreaterThanOrEqual(minimum.files);
    expect(copied.bytes).toBeGreaterThanOrEqual(minimum.bytes);
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

  it('with hostile names is synced byte for byte, or is a problem', async () => {
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
    const [onLaptop, onDesk] = [await laptop.listing('hostile'), await desk.listing('hostile')];
    expect(onDesk.size - onLaptop.size).toBe(2);
    expectSame(onLaptop, new Map([...onDesk].filter(([path]) => onLaptop.has(path))));

    await laptop.write('hostile/#comment', 'edited');
    await laptop.delete('hostile/-rf');
    await laptop.rename('hostile/new\nline', 'hostile/;renamed\n');
    expect(await laptop.push()).toMatchObject({ put: 2, deleted: 2 });
    expect(await desk.pull()).toMatchObject({ written: 2, deleted: 2, skipped: [] });
    const [edited, updated] = [await laptop.listing('hostile'), await desk.listing('hostile')];
    expectSame(edited, new Map([...updated].filter(([path]) => edited.has(path))));
    expect(updated.size - edited.size).toBe(2);
  });
});

/** Copies installed packages, with their executables and the symlinks in .bin, up to the minimum. */
async function copyPackages(target: string): Promise<{ files: number; bytes: number }> {
  await mkdir(target, { recursive: true });
  const first = ['.bin', 'zod', 'kysely', 'hono', 'playwright-core', 'typescript'];
  const rest = (await readdir(modules))
    .filter((name) => !name.startsWith('.') && !first.includes(name))
    .sort(byNodeFirst);
  let files = 0;
  let bytes = 0;
  for (const name of [...first, ...rest]) {
    if (!first.includes(name) && files >= minimum.files && bytes >= minimum.bytes) break;
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

/** The packages of Node itself have the large executables. */
function byNodeFirst(a: string, b: string): number {
  return Number(b.startsWith('node-')) - Number(a.startsWith('node-')) || (a < b ? -1 : 1);
}
