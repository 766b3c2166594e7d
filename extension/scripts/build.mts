import { context, stop as stopEsbuild, type BuildOptions } from 'esbuild';
import { copyFile, mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { dist, repository } from './paths.mts';
import { step } from './step.mjs';
import { runMain, UserError } from './userError.mjs';

const shared: BuildOptions = {
  absWorkingDir: repository,
  bundle: true,
  platform: 'node',
  sourcemap: true,
  sourcesContent: false,
  legalComments: 'none',
  logLevel: 'warning',
};

const extension: BuildOptions = {
  ...shared,
  // ofetch's entry for Node bundles 120 KB of a fetch that every supported Node has built in.
  alias: { ofetch: join(dirname(createRequire(import.meta.url).resolve('ofetch')), 'index.mjs') },
  entryPoints: { extension: 'extension/src/extension.ts' },
  outdir: dist,
  format: 'cjs',
  // The oldest supported VS Code (engines.vscode) runs its extension host on Node 22.
  target: 'node22',
  external: ['vscode'],
};

/** Entry points of the worker threads, and of the program that ssh runs to ask the user. */
const workerSources = {
  askpass: 'extension/src/io/ssh/askpass.ts',
  packWorker: 'extension/src/io/packs/packWorker.ts',
  scanWorker: 'extension/src/io/scan/scanWorker.ts',
  storeWorker: 'extension/src/io/store/storeWorker.ts',
} as const;

export const workerNames = Object.keys(workerSources);

/** Without `vscode` as an external module, so that a worker that imports it does not build. */
const workers: BuildOptions = {
  ...shared,
  entryPoints: workerSources,
  outdir: dist,
  format: 'cjs',
  target: 'node22',
};

/** Bundled CommonJS libraries call require for Node's own modules. */
const commandBanner = `#!/usr/bin/env node
import { createRequire as palmtreeRequire } from 'node:module'; const require = palmtreeRequire(import.meta.url);`;

const server: BuildOptions = {
  ...shared,
  entryPoints: { 'palmtree-server': 'server/src/main.ts' },
  outdir: dist,
  outExtension: { '.js': '.mjs' },
  format: 'esm',
  target: 'node24',
  banner: { js: commandBanner },
};

const commandLine: BuildOptions = {
  ...shared,
  alias: { ...extension.alias, vscode: join(repository, 'extension/src/messages/english.ts') },
  entryPoints: { palmtree: 'extension/src/cli/main.ts', palmtreeProgram: 'extension/src/cli/program.ts' },
  outdir: dist,
  outExtension: { '.js': '.mjs' },
  format: 'esm',
  target: 'node22',
  banner: { js: commandBanner },
};

export async function build(options: { minify: boolean; watch?: boolean }): Promise<void> {
  await mkdir(dist, { recursive: true });
  const wasm = createRequire(import.meta.url).resolve('sql.js/dist/sql-wasm.wasm');
  await copyFile(wasm, join(dist, 'sql-wasm.wasm'));
  for (const part of [extension, workers, server, commandLine]) {
    // Keep names, so that a stack in a user's log can be read.
    const production: BuildOptions = { minify: true, keepNames: true, sourcemap: 'external' };
    const building = await context({ ...part, ...(options.minify ? production : {}) });
    if (options.watch) {
      await building.watch();
      continue;
    }
    try {
      await building.rebuild();
    } catch (error) {
      // esbuild has already printed the errors.
      throw new UserError(`The build failed for ${Object.keys(part.entryPoints ?? {}).join()}.`, { cause: error });
    } finally {
      await building.dispose();
    }
  }
  if (!options.watch) await stopEsbuild();
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { watch: { type: 'boolean', default: false }, minify: { type: 'boolean', default: false } },
  });
  await runMain(async () => {
    await step(values.watch ? 'Building and watching for changes' : 'Building', () => build(values));
  });
}
