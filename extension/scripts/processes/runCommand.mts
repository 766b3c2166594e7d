import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { cleanEnvironment } from '../setup/cleanEnvironment.mjs';
import { onStop, registerChild, stopGroup } from './liveChildren.mjs';

export interface CommandResult {
  readonly code: number;
  readonly output: string;
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** A file that the output is appended to. */
  readonly log?: string;
  /** Whether to print the output while the command runs. */
  readonly show?: boolean;
}

/** Runs a command to its end. A command that cannot be started has code 127, as in a shell. */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...(options.env ?? cleanEnvironment()), ...(options.show ? colors() : {}) },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
  });
  registerChild(child);
  const forget = onStop(() => stopGroup(child));
  const chunks: Buffer[] = [];
  const onOutput = (chunk: Buffer): void => {
    chunks.push(chunk);
    if (options.show) process.stdout.write(chunk);
  };
  child.stdout.on('data', onOutput);
  child.stderr.on('data', onOutput);
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

/** The output passes through a pipe, so the command cannot detect a terminal by itself. */
function colors(): NodeJS.ProcessEnv {
  return process.stdout.isTTY ? { FORCE_COLOR: '1' } : { NO_COLOR: '1', FORCE_COLOR: '0' };
}
