import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { registerChild } from './liveChildren.mjs';
import { nodeBinary } from '../paths.mts';

export type WatchedProcess = ChildProcessByStdio<Writable, Readable, Readable>;

/** Starts a long-running Node program in its own process group. A watchdog ends it when this process ends, even by SIGKILL. */
export function spawnWatched(script: string, args: readonly string[], env: NodeJS.ProcessEnv): WatchedProcess {
  const watchdog = join(import.meta.dirname, 'watchdog.mjs');
  return registerChild(
    spawn(nodeBinary, [watchdog, nodeBinary, script, ...args], {
      env,
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    }),
  );
}
