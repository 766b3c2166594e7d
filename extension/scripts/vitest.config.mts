import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { timeoutMs } from '../test/support/timeout.mts';

const root = resolve(import.meta.dirname, '../..');

/** Tests run in a random order, so that none can rely on another. vitest prints the seed. */
const independent = { shuffle: true };

/**
 * Files of unit tests run in a random order, since they share workers. Large files of other tests run first, so that none of
 * them runs alone at the end.
 */
class FileOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    if (!files.every(({ project }) => project.name.startsWith('unit'))) return super.sort(files);
    const { seed } = this.ctx.config.sequence;
    const order = ({ moduleId }: TestSpecification): string =>
      createHash('sha1').update(`${seed} ${moduleId}`).digest('hex');
    return [...files].sort((a, b) => (order(a) < order(b) ? -1 : 1));
  }
}

/** In a soak, each test runs as long as it is told to; then a run in progress has to end. */
const modelTimeoutMs = 600_000 + 1_000 * Number(process.env['PALMTREE_SOAK_SECONDS'] ?? 0);

const unitTests = globSync(
  ['{extension,server}/src/**/*.test.ts', 'server/test/**/*.test.ts', 'extension/scripts/**/*.test.mts'],
  { cwd: root },
);
/** Tests that replace modules, which the other files of a worker would get too. */
const mockingTests = unitTests.filter((file) => readFileSync(resolve(root, file), 'utf8').includes('vi.mock('));

const bundleFolder = 'server/test/bundleFolder.ts';
const removedFolders = 'server/test/removedFolders.ts';

const unit = {
  globalSetup: bundleFolder,
  setupFiles: removedFolders,
  alias: { vscode: resolve(root, 'extension/src/messages/english.ts') },
  sequence: independent,
  // More than CI's two cores: many of these tests wait for a process or the disk.
  maxWorkers: 3,
  // Some run real servers, which takes long on a busy machine.
  testTimeout: 120_000,
  hookTimeout: 60_000,
};

export default defineConfig({
  root,
  test: {
    teardownTimeout: 30_000,
    // vitest orders the files of all projects by the root's setting.
    sequence: { sequencer: FileOrder },
    projects: [
      {
        extends: true,
        test: {
          ...unit,
          name: 'unit',
          include: unitTests,
          exclude: mockingTests,
          // A worker takes as long to start as most of these files.
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          ...unit,
          name: 'unit-isolated',
          include: mockingTests,
        },
      },
      {
        extends: true,
        test: {
          name: 'model',
          include: ['extension/test/model/**/*.test.ts'],
          // A process each, so that each measures its own memory.
          pool: 'forks',
          maxWorkers: 2,
          // Short-lived objects are most of what the simulated machines make: collecting them took a seventh of the time.
          execArgv: ['--max-semi-space-size=64'],
          testTimeout: modelTimeoutMs,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          // Runs only in a soak.
          name: 'soak',
          include: ['extension/test/soak/**/*.test.ts'],
          pool: 'forks',
          testTimeout: modelTimeoutMs,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'sync',
          globalSetup: bundleFolder,
          setupFiles: removedFolders,
          sequence: independent,
          include: ['extension/test/{cli,sync}/**/*.test.ts'],
          // More than CI's two cores: each file has its own server and often waits for rsync or the disk.
          maxWorkers: 3,
          pool: 'forks',
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'ui',
          include: ['extension/test/ui/**/*.test.ts'],
          // The files of a worker share a server, a workbench and a browser tab. Two windows keep two cores busy.
          maxWorkers: 2,
          isolate: false,
          pool: 'forks',
          sequence: independent,
          testTimeout: 3 * timeoutMs,
          hookTimeout: 3 * timeoutMs,
          expect: { poll: { timeout: timeoutMs } },
        },
      },
    ],
  },
});
