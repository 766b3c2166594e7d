import { runTests } from '@vscode/test-electron';
import { build as bundle } from 'esbuild';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { desktopVSCode } from './workbench/desktopVSCode.mts';
import { onStop } from './processes/liveChildren.mjs';
import { dist, repository } from './paths.mts';
import type { Totals } from './totals.mts';

const sources = join(repository, 'extension/test/host');
const built = join(dist, 'host-tests');

/** Runs extension/test/host in a VS Code's extension host: a desktop one, or else the browser workbench's. */
export async function runHostTests(): Promise<Totals> {
  await bundleTests();
  const scratch = await mkdtemp(join(tmpdir(), 'palmtree-host-'));
  const forget = onStop(() => rm(scratch, { recursive: true, force: true }));
  try {
    const folder = join(scratch, 'workspace');
    await mkdir(folder);
    const results = join(scratch, 'results.json');
    const desktop = await desktopVSCode();
    process.stdout.write(`Host tests in ${desktop ?? 'the browser workbench'}\n`);
    const failure = await runTests({
      vscodeExecutablePath: desktop ?? (await workbenchExecutable()),
      extensionDevelopmentPath: repository,
      extensionTestsPath: join(built, 'runner.js'),
      launchArgs: [
        folder,
        '--user-data-dir',
        join(scratch, 'user-data'),
        '--extensions-dir',
        join(scratch, 'extensions'),
      ],
      stderr: process.stdout,
      extensionTestsEnv: { PALMTREE_HOST_RESULTS: results, PALMTREE_NODE: process.execPath },
    }).then(
      () => undefined,
      (error: unknown) => error,
    );
    const text = await readFile(results, 'utf8').catch(() => undefined);
    if (text === undefined) throw new Error('The host tests ended without a result.', { cause: failure });
    return JSON.parse(text) as Totals;
  } finally {
    forget();
    await rm(scratch, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function bundleTests(): Promise<void> {
  await rm(built, { recursive: true, force: true });
  const names = (await readdir(sources)).filter((name) => name.endsWith('.ts'));
  await bundle({
    absWorkingDir: repository,
    entryPoints: names.map((name) => join(sources, name)),
    outdir: built,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    sourcemap: 'inline',
    // The tests import scripts that are ES modules and find their folder by this value.
    define: { 'import.meta.dirname': JSON.stringify(import.meta.dirname) },
    external: ['vscode', 'mocha'],
    logLevel: 'warning',
  });
}

async function workbenchExecutable(): Promise<string> {
  const path = join(import.meta.dirname, 'workbench/workbenchAsCode.mts');
  // Restores the executable bit, which is lost on a file system that has none.
  await chmod(path, 0o755);
  return path;
}
