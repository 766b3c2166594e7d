import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { cleanEnvironment } from '../../../scripts/setup/cleanEnvironment.mjs';
import { registerChild } from '../../../scripts/processes/liveChildren.mjs';
import { dist, nodeBinary } from '../../../scripts/paths.mts';

export interface DoomedCommand {
  readonly name: 'push' | 'pull';
  /** The step at which the process dies: those of the command, and each text that rsync writes. */
  readonly dieAt: number;
  readonly root: string;
  readonly storage: string;
  readonly url: string;
  readonly token: string;
  readonly tree: string;
  /** The folder of the bundles. */
  readonly dist: string;
}

/** Runs commands of a client in a process that dies in the middle by SIGKILL. */
export class DoomedClient {
  readonly #folder: string;
  readonly #script: string;

  private constructor(folder: string, script: string) {
    this.#folder = folder;
    this.#script = script;
  }

  static async build(): Promise<DoomedClient> {
    const folder = await mkdtemp(join(tmpdir(), 'palmtree-doomed-'));
    const script = join(folder, 'client.mjs');
    await build({
      entryPoints: [join(import.meta.dirname, 'clientProcess.ts')],
      outfile: script,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node24',
      logLevel: 'warning',
      banner: {
        js: "import { createRequire as bundleRequire } from 'node:module'; const require = bundleRequire(import.meta.url);",
      },
    });
    return new DoomedClient(folder, script);
  }

  /** Resolves with the way in which the process ended. The folder must be open nowhere else. */
  async run(command: Omit<DoomedCommand, 'dist'>): Promise<'killed' | 'done' | 'failed'> {
    const args = [this.#script, JSON.stringify({ ...command, dist })];
    const child = registerChild(spawn(nodeBinary, args, { env: cleanEnvironment(), stdio: 'ignore' }));
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    if (signal === 'SIGKILL') return 'killed';
    return code === 0 ? 'done' : 'failed';
  }

  remove(): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true });
  }
}
