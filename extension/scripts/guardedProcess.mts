import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { keepChild } from './liveChildren.mjs';
import { nodeBinary } from './paths.mts';

export type GuardedProcess = ChildProcessByStdio<Writable, Readable, Readable>;

/** Starts a long-running program under Node that cannot outlive us, in a process group of its own. */
export function spawnGuarded(script: string, args: readonly string[], env: NodeJS.ProcessEnv): GuardedProcess {
  const guardian = join(import.meta.dirname, 'guardian.mjs');
  return keepChild(
    spawn(nodeBinary, [guardian, nodeBinary, script, ...args], {
      env,
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    }),
  );
}
