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
import { observeFolder } from '../../../test/support/observeFolder';
import type { ScanProgress, ScanScope } from './scannerPort';
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
  scanner = new WorkerScanner({ script: join(bundles, 'scanWorker.js'), root, known: () => [] });
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

/** The observations as if no file were racy, sorted by path. */
function notRacy(observations: readonly Observation[]): readonly Observation[] {
  return observations.map((one) => ({ ...fieldsOf(one), racy: false })).sort((a, b) => (a.path < b.path ? -1 : 1));
}

function observeAll(isIncluded: (path: string) => boolean): Observation[] {
  return [...observeFolder(root, isIncluded).values()];
}

describe('the scanner', () => {
  it('finds what a change of the shared rules excludes and includes in folders that are unchanged', async () => {
    mkdirSync(join(root, 'n'));
    for (const path of ['n/a', 'n/b.log', 'x.log']) write(path);
    await scanner.scan({ scope });
    await scanner.scan({ scope });
    write('.palmtreeignore', '*.log\n');
    const excluding = await scanner.scan({ scope });
    expect(excluding.shared).toMatchObject({ ignore: '*.log\n' });
    expect([paths(excluding.changed), [...excluding.removed].sort()]).toEqual([
      ['.palmtreeignore'],
      ['n/b.log', 'x.log'],
    ]);
    expect((await scanner.scan({ scope })).removed).toEqual([]);
    write('.palmtree.json', '{"exclude": ["/n/"]}');
    write('.palmtreeignore', '\n');
    const other = await scanner.scan({ scope });
    expect([paths(other.changed), other.removed]).toEqual([['.palmtree.json', '.palmtreeignore', 'x.log'], ['n/a']]);
  });

  it('returns all files, and then only differences', async () => {
    write('a');
    write('b');
    expect((await scanner.scan({ scope })).changed.map(({ path }) => path).sort()).toEqual(['a', 'b']);
    rmSync(join(root, 'a'));
    write('c');
    const { changed, removed } = await scanner.scan({ scope, only: ['a', 'c'] });
    expect([changed.map(({ path }) => path), removed]).toEqual([['c'], ['a']]);
  });

  it('probes the disk in its thread', async () => {
    write('a');
    const { dev, ino } = statSync(root, { bigint: true });
    expect(await scanner.probe()).toMatchObject({
      identity: `${dev} ${ino}`,
      keepsModes: process.platform !== 'win32',
      nameRules: { foldsCase: false },
    });
    renameSync(root, `${root}-away`);
    await expect(scanner.probe()).rejects.toMatchObject({ code: 'root_gone' });
    renameSync(`${root}-away`, root);
    const unfinished = scanner.probe().catch((error: unknown) => error);
    await scanner.dispose();
    expect(await unfinished).toMatchObject({ code: 'cancelled' });
    await expect(scanner.probe()).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('uses known observations that it gets before and after its start', async () => {
    write('a');
    const other = new WorkerScanner({
      script: join(bundles, 'scanWorker.js'),
      root,
      known: () => [],
    });
    const { changed } = await other.scan({ scope });
    await other.dispose();
    const [a] = changed;
    scanner.update([{ ...fieldsOf(a!), racy: false, hash: 'known' }], []);
    expect((await scanner.scan({ scope })).changed).toEqual([]);
    scanner.update([], ['a']);
    expect((await scanner.scan({ scope })).changed).toMatchObject([{ path: 'a', hash: a!.hash }]);
    scanner.reset([{ ...fieldsOf(a!), path: 'gone' }]);
    const { changed: again, removed } = await scanner.scan({ scope });
    expect([again.map(({ path }) => path), removed]).toEqual([['a'], ['gone']]);
  });

  it('runs concurrent scans one after the other', async () => {
    write('a');
    const results = await Promise.all([scanner.scan({ scope }), scanner.scan({ scope, only: ['b'] })]);
    expect(results.map(({ changed }) => changed.length)).toEqual([1, 0]);
  });

  it('finds the same with helper threads', { timeout: 60_000 }, async () => {
    const count = 6_000;
    for (let i = 0; i < count; i++) write(`f${i}`, String(i % 50));
    const { changed } = await scanner.scan({ scope });
    expect(notRacy(changed)).toEqual(notRacy(observeAll(() => true)));
    scanner.update(notRacy(changed), []);
    // For known files, only the stats are compared: a difference in any of them is found.
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
    'verifies with helper threads, and keeps known modes on a file system without modes',
    { timeout: 60_000 },
    async () => {
      for (let i = 0; i < 6_000; i++) write(`f${i}`, String(i % 50));
      const script = join(bundles, 'scanWorker.js');
      const blind = new WorkerScanner({ script, root, known: () => [] });
      const honorsModes = false;
      const { changed } = await blind.scan({ scope, honorsModes });
      blind.update(
        notRacy(changed).map((one) => ({ ...one, mode: 0o755 })),
        [],
      );
      const before = changed.find(({ path }) => path === 'f1000');
      write('f1000', 'x');
      const { changed: verified } = await blind.scan({ scope, verify: true, honorsModes });
      await blind.dispose();
      expect(verified.filter(({ hash, path }) => path === 'f1000' && hash !== before?.hash)).toHaveLength(1);
      expect(new Set(verified.map(({ mode }) => mode))).toEqual(new Set([0o755]));
    },
  );

  it('finds every change between two scans', { timeout: 60_000 }, async () => {
    const excludingScope: ScanScope = { rules, exclude: ['out', 'untracked/'], respectGitignore: false };
    const names = ['a', 'b', 'out', 'untracked', 'c c'];
    const isIncluded = (path: string): boolean =>
      !path.split('/').includes('out') && !path.split('/').slice(0, -1).includes('untracked');
    const known = new Map<string, Observation>();
    const random = fc.sample(fc.nat(), { numRuns: 4_000, seed: 20_261_125 });
    const pick = (among: number): number => (random.pop() ?? 0) % among;
    const randomPath = (): string =>
      join(root, ...Array.from({ length: 1 + pick(3) }, () => names[pick(names.length)] ?? ''));
    let written = 0;
    const actions: ((path: string) => void)[] = [
      (path) => mkdirSync(path, { recursive: true }),
      (path) => writeFileSync(path, 'x'.repeat(++written)),
      (path) => writeFileSync(path, 'x'.repeat(++written)),
      // Folders stay searchable: a user other than root could not list or remove them.
      (path) => chmodSync(path, (statSync(path).isDirectory() ? 0o700 : 0o600) + pick(8) * 8),
      (path) => rmSync(path, { recursive: true }),
      (path) => renameSync(path, randomPath()),
      (path) => symlinkSync(names[pick(names.length)] ?? '', path),
    ];
    const rescan = async (): Promise<void> => {
      const { changed, removed } = await scanner.scan({ scope: excludingScope });
      for (const path of removed) known.delete(path);
      for (const one of changed) known.set(one.path, one);
    };
    for (let step = 0; step < 60; step++) {
      for (let action = 0; action < 6; action++) {
        try {
          actions[pick(actions.length)]?.(randomPath());
        } catch {
          // Impossible actions are skipped.
        }
      }
      await rescan();
      const expected = notRacy(observeAll(isIncluded));
      expect(notRacy([...known.values()])).toEqual(expected);
      // Without racy files, the next scan trusts everything that this one found.
      for (const one of expected) known.set(one.path, one);
      scanner.update(known.values(), []);
      await rescan();
    }
  });

  it.each([
    [
      'an untracked folder become a file',
      () => {
        rmSync(join(root, 'untracked'), { recursive: true });
        write('untracked');
      },
      { changed: ['untracked'], problems: [] },
    ],
    [
      'a folder be replaced by a symlink to it',
      () => {
        renameSync(join(root, 'd'), join(bundles, 'moved'));
        symlinkSync(join(bundles, 'moved'), join(root, 'd'));
      },
      { changed: [], problems: ['d'] },
    ],
  ])('sees %s, although all names are the same', async (_, change, expected) => {
    const excludingScope: ScanScope = { rules, exclude: ['untracked/'], respectGitignore: false };
    for (const folder of ['d', 'untracked']) mkdirSync(join(root, folder));
    write('d/f');
    const { changed } = await scanner.scan({ scope: excludingScope });
    scanner.update(notRacy(changed), []);
    await scanner.scan({ scope: excludingScope });
    change();
    const found = await scanner.scan({ scope: excludingScope });
    expect({ changed: paths(found.changed), problems: paths(found.problems) }).toEqual(expected);
  });

  it('removes paths that are not selected any more, and adds them again later', async () => {
    mkdirSync(join(root, 'd'));
    for (const path of ['d/a', 'd/b']) write(path);
    const { changed } = await scanner.scan({ scope });
    scanner.update(notRacy(changed), []);
    await scanner.scan({ scope });
    expect((await scanner.scan({ scope: { ...scope, exclude: ['b'] } })).removed).toEqual(['d/b']);
    expect((await scanner.scan({ scope })).changed.map(({ path }) => path)).toEqual(['d/b']);
  });

  it('can be cancelled while helper threads work', { timeout: 60_000 }, async () => {
    for (let i = 0; i < 6_000; i++) write(`f${i}`, String(i));
    // Hashing their holes takes longer than the first report.
    for (let i = 0; i < 40; i++) {
      write(`holes${i}`);
      truncateSync(join(root, `holes${i}`), 32 << 20);
    }
    const stop = new AbortController();
    const scan = scanner.scan({ scope, signal: stop.signal, onProgress: ({ files }) => files > 0 && stop.abort() });
    await expect(scan).rejects.toMatchObject({ code: 'cancelled' });
    expect((await scanner.scan({ scope })).changed).toHaveLength(6_040);
  });

  it('checks snapshots itself if no other thread stays alive', { timeout: 60_000 }, async () => {
    const script = join(bundles, 'unchecked.js');
    writeFileSync(
      script,
      `if (require('node:worker_threads').workerData.role === 'checker') process.exit(1);
       require('./scanWorker.js');`,
    );
    const alone = new WorkerScanner({ script, root, known: () => [] });
    for (let i = 0; i < 4_000; i++) {
      if (i % 100 === 0) mkdirSync(join(root, `d${i / 100}`));
      write(`d${Math.floor(i / 100)}/f${i}`);
    }
    const { changed } = await alone.scan({ scope });
    alone.update(notRacy(changed), []);
    await alone.scan({ scope });
    expect(await alone.scan({ scope })).toMatchObject({ changed: [], removed: [] });
    write('d7/f700', 'edited');
    write('d8/f800', 'edited');
    expect(paths((await alone.scan({ scope })).changed)).toEqual(['d7/f700', 'd8/f800']);
    await alone.dispose();
  });

  it('inspects all files itself if no helper thread stays alive', { timeout: 60_000 }, async () => {
    const script = join(bundles, 'alone.js');
    writeFileSync(
      script,
      `if (require('node:worker_threads').workerData.role === 'helper') process.exit(1);
       require('./scanWorker.js');`,
    );
    const alone = new WorkerScanner({ script, root, known: () => [] });
    for (let i = 0; i < 4_000; i++) write(`f${i}`);
    expect((await alone.scan({ scope })).changed.length).toBe(4_000);
    await alone.dispose();
  });

  it('stops in the middle of a file when its signal is aborted', async () => {
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

  it('does not start if its signal is already aborted', async () => {
    const scan = scanner.scan({ scope, signal: AbortSignal.abort() });
    await expect(scan).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('reports its progress', async () => {
    write('big');
    truncateSync(join(root, 'big'), 2 ** 28);
    const reports: ScanProgress[] = [];
    await scanner.scan({
      scope,
      onProgress: (progress) => reports.push(progress),
    });
    expect(reports[0]?.hashedBytes).toBeGreaterThan(0);
  });

  it('fails with root_gone if the workspace folder is gone', async () => {
    rmSync(root, { recursive: true });
    await expect(scanner.scan({ scope })).rejects.toMatchObject({
      code: 'root_gone',
      details: { subject: root },
    });
  });

  it('fails a scan whose thread dies, and starts another thread with all known observations', async () => {
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
    const crashing = new WorkerScanner({ script, root, known: () => [] });
    write('crash');
    await expect(crashing.scan({ scope })).rejects.toMatchObject({
      code: 'scan_failed',
    });
    rmSync(join(root, 'crash'));
    write('a');
    expect((await crashing.scan({ scope })).changed).toMatchObject([{ path: 'a' }]);
    await crashing.dispose();
  });

  it('fails the scan if its script cannot run', async () => {
    const broken = new WorkerScanner({
      script: join(bundles, 'nothing.js'),
      root,
      known: () => [],
    });
    await expect(broken.scan({ scope })).rejects.toMatchObject({
      code: 'scan_failed',
    });
    await broken.dispose();
  });

  it('cancels running scans when it is closed, and starts no more', async () => {
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
