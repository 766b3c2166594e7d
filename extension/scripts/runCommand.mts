import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { cleanEnvironment } from './cleanEnvironment.mjs';
import { keepChild, onStop, stopGroup } from './liveChildren.mjs';

export interface CommandResult {
  readonly code: number;
  readonly output: string;
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Where the output is kept as well. */
  readonly log?: string;
  /** Show the output while it runs. */
  readonly show?: boolean;
}

/** Runs a command to its end; a command that cannot be started has code 127, as in a shell. */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...(options.env ?? cleanEnvironment()), ...(options.show ? colours() : {}) },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
  });
  keepChild(child);
  const forget = onStop(() => stopGroup(child));
  const chunks: Buffer[] = [];
  const take = (chunk: Buffer): void => {
    chunks.push(chunk);
    if (options.show) process.stdout.write(chunk);
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const code = await new Promise<number>((resolve) => {
    child.once('error', (error) => {
      chunks.push(Buffer.from(error.message));
      resolve(127);
    });
    child.once('close', (exitCode) => resolve(exitCode ?? 1));
  });
  forget();
  const output = Buffer.concat(chunks).toString();
  if (options.log) {
    mkdirSync(dirname(options.log), { recursive: true });
    appendFileSync(options.log, `\n$ ${[command, ...args].join(' ')}\n${output}`);
  }
  return { code, output };
}

/** What is shown goes through us, so the command cannot see for itself whether a terminal will show it. */
function colours(): NodeJS.ProcessEnv {
  return process.stdout.isTTY ? { FORCE_COLOR: '1' } : { NO_COLOR: '1', FORCE_COLOR: '0' };
}
