import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fieldsOf } from '../../core/testing/fixtures';
import type { Observation } from '../../core/observation';
import type { Rule } from '../../core/tracking/rule';
import type { ScanProgress, ScanScope } from './scannerPort';
import { scanPass } from './scan';
import { WorkerScanner } from './scanner';

const rules: Rule[] = [{ path: '', kind: 'folder', effect: 'track' }];
const scope: ScanScope = { rules, exclude: [], respectGitignore: false };

let bundles: string;
let root: string;
let scanner: WorkerScanner;

beforeAll(async () => {
  bundles = mkdtempSync(join(tmpdir(), 'palmtree-worker-'));
  await build({
    entryPoints: [join(import.meta.dirname, 'scanWorker.ts')],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    outfile: join(bundles, 'scanWorker.js'),
    logLevel: 'silent',
  });
});

afterAll(() => rmSync(bundles, { recursive: true, force: true }));

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'palmtree-scanner-'));
  scanner = new WorkerScanner({ script: join(bundles, 'scanWorker.js'), root, all: () => [] });
});

afterEach(async () => {
  await scanner.dispose();
  rmSync(root, { recursive: true, force: true });
});

function write(path: string, content = path): void {
  writeFileSync(join(root, path), content);
}

function paths(of: readonly { path: string }[]): string[] {
  return of.map(({ path }) => path).sort();
}

/** Without what only the moment of the scan decides. */
function atRest(observations: readonly Observation[]): readonly Observation[] {
  return observations.map((one) => ({ ...fieldsOf(one), racy: false })).sort((a, b) => (a.path < b.path ? -1 : 1));
}

describe('the scanner', () => {
  it('sees files, and then only differences', async () => {
    write('a');
    write('b');
    expect((await scanner.scan({ scope })).changed.map(({ path }) => path).sort()).toEqual(['a', 'b']);
    rmSync(join(root, 'a'));
    write('c');
    const { changed, removed } = await scanner.scan({ scope, only: ['a', 'c'] });
    expect([changed.map(({ path }) => path), removed]).toEqual([['c'], ['a']]);
  });

  it('takes over what is known, before and after its start', async () => {
    write('a');
    const other = new WorkerScanner({
      script: join(bundles, 'scanWorker.js'),
      root,
      all: () => [],
    });
    const { changed } = await other.scan({ scope });
    await other.dispose();
    const [a] = changed;
    scanner.update([{ ...fieldsOf(a!), racy: false, hash: 'told' }], []);
    expect((await scanner.scan({ scope })).changed).toEqual([]);
    scanner.update([], ['a']);
    expect((await scanner.scan({ scope })).changed).toMatchObject([{ path: 'a', hash: a!.hash }]);
    scanner.reset([{ ...fieldsOf(a!), path: 'gone' }]);
    const { changed: again, removed } = await scanner.scan({ scope });
    expect([again.map(({ path }) => path), removed]).toEqual([['a'], ['gone']]);
  });

  it('runs scans that are asked for together, one after the other', async () => {
    write('a');
    const results = await Promise.all([scanner.scan({ scope }), scanner.scan({ scope, only: ['b'] })]);
    expect(results.map(({ changed }) => changed.length)).toEqual([1, 0]);
  });

  it('comes to the same with the help of other threads', { timeout: 60_000 }, async () => {
    const count = 6_000;
    for (let i = 0; i < count; i++) write(`f${i}`, String(i % 50));
    const { changed } = await scanner.scan({ scope });
    const other = scanPass({ root, scope, known: new Map() });
    expect(atRest(changed)).toEqual(atRest(other.changed));
    scanner.update(atRest(changed), []);
    // What stands is looked at by its stats alone; any of them that differs is found out.
    rmSync(join(root, 'f7'));
    write('f1000', 'edited');
    renameSync(join(root, 'f2001'), join(root, 'f2000'));
    chmodSync(join(root, 'f3000'), 0o700);
    rmSync(join(root, 'f4000'));
    symlinkSync('f1', join(root, 'f4000'));
    const again = await scanner.scan({ scope });
    expect(again.changed.map(({ path }) => path).sort()).toEqual(['f1000', 'f2000', 'f3000', 'f4000']);
    expect([...again.removed].sort()).toEqual(['f2001', 'f7']);
  });

  it(
    'verifies with the help of other threads, and keeps modes that the system does not know',
    { timeout: 60_000 },
    async () => {
      for (let i = 0; i < 6_000; i++) write(`f${i}`, String(i % 50));
      const script = join(bundles, 'scanWorker.js');
      const blind = new WorkerScanner({ script, root, honoursModes: false, all: () => [] });
      const { changed } = await blind.scan({ scope });
      blind.update(
        atRest(changed).map((one) => ({ ...one, mode: 0o755 })),
        [],
      );
      const before = changed.find(({ path }) => path === 'f1000');
      write('f1000', 'x');
      const { changed: verified } = await blind.scan({ scope, verify: true });
      await blind.dispose();
      expect(verified.filter(({ hash, path }) => path === 'f1000' && hash !== before?.hash)).toHaveLength(1);
      expect(new Set(verified.map(({ mode }) => mode))).toEqual(new Set([0o755]));
    },
  );

  it('finds what a look at everything finds, whatever happens between two passes', { timeout: 60_000 }, async () => {
    const told: ScanScope = { rules, exclude: ['out', 'left/'], respectGitignore: false };
    const names = ['a', 'b', 'out', 'left', 'c c'];
    const known = new Map<string, Observation>();
    const random = fc.sample(fc.nat(), { numRuns: 4_000, seed: 20_261_125 });
    const pick = (among: number): number => (random.pop() ?? 0) % among;
    const place = (): string =>
      join(root, ...Array.from({ length: 1 + pick(3) }, () => names[pick(names.length)] ?? ''));
    let written = 0;
    const doings: ((path: string) => void)[] = [
      (path) => mkdirSync(path, { recursive: true }),
      (path) => writeFileSync(path, 'x'.repeat(++written)),
      (path) => writeFileSync(path, 'x'.repeat(++written)),
      // Folders stay searchable: a user other than root could not list or remove them.
      (path) => chmodSync(path, (statSync(path).isDirectory() ? 0o700 : 0o600) + pick(8) * 8),
      (path) => rmSync(path, { recursive: true }),
      (path) => renameSync(path, place()),
      (path) => symlinkSync(names[pick(names.length)] ?? '', path),
    ];
    const pass = async (): Promise<void> => {
      const { changed, removed } = await scanner.scan({ scope: told });
      for (const path of removed) known.delete(path);
      for (const one of changed) known.set(one.path, one);
    };
    for (let step = 0; step < 60; step++) {
      for (let doing = 0; doing < 6; doing++) {
        try {
          doings[pick(doings.length)]?.(place());
        } catch {
          // What cannot be done there is not.
        }
      }
      await pass();
      const fresh = scanPass({ root, scope: told, known: new Map() });
      expect(atRest([...known.values()])).toEqual(atRest(fresh.changed));
      // As if all of it were old: so that the next pass relies on what this one saw.
      for (const one of atRest(fresh.changed)) known.set(one.path, one);
      scanner.update(known.values(), []);
      await pass();
    }
  });

  it.each([
    [
      'a folder that was left out become a file',
      () => {
        rmSync(join(root, 'left'), { recursive: true });
        write('left');
      },
      { seen: ['left'], problems: [] },
    ],
    [
      'a folder give way to a link that leads to it',
      () => {
        renameSync(join(root, 'd'), join(bundles, 'moved'));
        symlinkSync(join(bundles, 'moved'), join(root, 'd'));
      },
      { seen: [], problems: ['d'] },
    ],
  ])('sees %s, though all names are the same', async (_, change, expected) => {
    const told: ScanScope = { rules, exclude: ['left/'], respectGitignore: false };
    for (const folder of ['d', 'left']) mkdirSync(join(root, folder));
    write('d/f');
    const { changed } = await scanner.scan({ scope: told });
    scanner.update(atRest(changed), []);
    await scanner.scan({ scope: told });
    change();
    const found = await scanner.scan({ scope: told });
    expect({ seen: paths(found.changed), problems: paths(found.problems) }).toEqual(expected);
  });

  it('has what is not selected any more gone, and back when it is again', async () => {
    mkdirSync(join(root, 'd'));
    for (const path of ['d/a', 'd/b']) write(path);
    const { changed } = await scanner.scan({ scope });
    scanner.update(atRest(changed), []);
    await scanner.scan({ scope });
    expect((await scanner.scan({ scope: { ...scope, exclude: ['b'] } })).removed).toEqual(['d/b']);
    expect((await scanner.scan({ scope })).changed.map(({ path }) => path)).toEqual(['d/b']);
  });

  it('is cancelled while other threads look', { timeout: 60_000 }, async () => {
    for (let i = 0; i < 6_000; i++) write(`f${i}`, String(i));
    const stop = new AbortController();
    const scan = scanner.scan({ scope, signal: stop.signal, onProgress: ({ files }) => files > 0 && stop.abort() });
    await expect(scan).rejects.toMatchObject({ code: 'cancelled' });
    expect((await scanner.scan({ scope })).changed).toHaveLength(6_000);
  });

  it('checks by itself where no thread stays alive to check for it', { timeout: 60_000 }, async () => {
    const script = join(bundles, 'unchecked.js');
    writeFileSync(
      script,
      `if ('checks' in require('node:worker_threads').workerData) process.exit(1);
       require('./scanWorker.js');`,
    );
    const alone = new WorkerScanner({ script, root, all: () => [] });
    for (let i = 0; i < 4_000; i++) {
      if (i % 100 === 0) mkdirSync(join(root, `d${i / 100}`));
      write(`d${Math.floor(i / 100)}/f${i}`);
    }
    const { changed } = await alone.scan({ scope });
    alone.update(atRest(changed), []);
    await alone.scan({ scope });
    expect(await alone.scan({ scope })).toMatchObject({ changed: [], removed: [] });
    write('d7/f700', 'edited');
    write('d8/f800', 'edited');
    expect(paths((await alone.scan({ scope })).changed)).toEqual(['d7/f700', 'd8/f800']);
    await alone.dispose();
  });

  it('looks by itself where no other thread will start', { timeout: 60_000 }, async () => {
    const script = join(bundles, 'alone.js');
    writeFileSync(
      script,
      `if ('helps' in require('node:worker_threads').workerData) process.exit(1);
       require('./scanWorker.js');`,
    );
    const alone = new WorkerScanner({ script, root, all: () => [] });
    for (let i = 0; i < 4_000; i++) write(`f${i}`);
    expect((await alone.scan({ scope })).changed.length).toBe(4_000);
    await alone.dispose();
  });

  it('stops in the middle of a file when its signal says so', async () => {
    write('huge');
    truncateSync(join(root, 'huge'), 2 ** 36);
    const controller = new AbortController();
    const scan = scanner.scan({
      scope,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(scan).rejects.toMatchObject({ code: 'cancelled' });
    truncateSync(join(root, 'huge'), 1);
    expect((await scanner.scan({ scope })).changed).toMatchObject([{ path: 'huge', size: 1 }]);
  });

  it('does not begin when its signal was aborted before', async () => {
    const scan = scanner.scan({ scope, signal: AbortSignal.abort() });
    await expect(scan).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('tells its progress', async () => {
    write('big');
    truncateSync(join(root, 'big'), 2 ** 28);
    const told: ScanProgress[] = [];
    await scanner.scan({
      scope,
      onProgress: (progress) => told.push(progress),
    });
    expect(told[0]?.hashedBytes).toBeGreaterThan(0);
  });

  it('tells that the workspace folder is gone', async () => {
    rmSync(root, { recursive: true });
    await expect(scanner.scan({ scope })).rejects.toMatchObject({
      code: 'root_gone',
      details: { subject: root },
    });
  });

  it('fails the scan whose thread dies, and starts another with what is known', async () => {
    const script = join(bundles, 'crashing.js');
    rmSync(script, { force: true });
    appendFileSync(
      script,
      `const { existsSync } = require('node:fs');
       const { parentPort } = require('node:worker_threads');
       if (existsSync(${JSON.stringify(join(root, 'crash'))})) parentPort.on('message', ({ kind }) => {
         if (kind === 'scan') process.exit(3);
       });
       else require('./scanWorker.js');`,
    );
    const crashing = new WorkerScanner({ script, root, all: () => [] });
    write('crash');
    await expect(crashing.scan({ scope })).rejects.toMatchObject({
      code: 'scan_failed',
    });
    rmSync(join(root, 'crash'));
    write('a');
    expect((await crashing.scan({ scope })).changed).toMatchObject([{ path: 'a' }]);
    await crashing.dispose();
  });

  it('fails the scan when its script cannot be run', async () => {
    const broken = new WorkerScanner({
      script: join(bundles, 'nothing.js'),
      root,
      all: () => [],
    });
    await expect(broken.scan({ scope })).rejects.toMatchObject({
      code: 'scan_failed',
    });
    await broken.dispose();
  });

  it('ends the scans that run when it is closed, and takes no more', async () => {
    write('a');
    const running = scanner.scan({ scope });
    const [ended] = await Promise.allSettled([running, scanner.dispose()]);
    expect(ended).toMatchObject({
      status: 'rejected',
      reason: { code: 'cancelled' },
    });
    await expect(scanner.scan({ scope })).rejects.toMatchObject({
      code: 'cancelled',
    });
  });
});
