import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connectToControlSocket } from '../administration/controlSocket';
import { connectToFolderSocket } from '../administration/folderSocket';
import { lockFault, tryLockDataFolder } from '../administration/dataFolderLock';
import { OperatorError } from '../errors';
import { clientSocketName } from './introduction';

/** The log of a server that a client started. */
const logName = 'server.log';
const maxLogBytes = 1 << 20;
/** A server that stops has the lock for some ten seconds, until the last requests have ended. */
const startMs = 30_000;
const pauseMs = 50;

/** Connects to the server that runs on the data folder, and starts one if none runs. Throws OperatorError. */
export async function openServer(dataFolder: string): Promise<Socket> {
  const running = await connectToFolderSocket(dataFolder, clientSocketName);
  if (running !== undefined) return running;
  await refuseOldServer(dataFolder);
  const deadline = performance.now() + startMs;
  let start = startServer(dataFolder);
  while (performance.now() < deadline) {
    const hasEnded = hasExited(start.child);
    const socket = await connectToFolderSocket(dataFolder, clientSocketName);
    if (socket !== undefined) return socket;
    if (hasEnded) {
      // Another server has the lock: one that another client has just started, or one that stops.
      if (start.fault()?.startsWith(lockFault) !== true) break;
      if (!isLocked(dataFolder)) start = startServer(dataFolder);
    }
    await delay(pauseMs);
  }
  const outcome = hasExited(start.child) ? endOf(start.child) : 'did not start in time';
  throw new OperatorError(start.fault() ?? `The server ${outcome}. See ${join(dataFolder, logName)} there.`);
}

function hasExited({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

function endOf({ signalCode }: ChildProcess): string {
  return signalCode === null ? 'ended while it started' : `was ended by ${signalCode} while it started`;
}

function isLocked(dataFolder: string): boolean {
  const lock = tryLockDataFolder(dataFolder);
  lock?.release();
  return lock === undefined;
}

async function refuseOldServer(dataFolder: string): Promise<void> {
  const control = await connectToControlSocket(dataFolder);
  if (control === undefined) return;
  control.destroy();
  const fix = 'Restart it with the palmtree-server that is installed now.';
  throw new OperatorError(`The server that runs on ${dataFolder} is too old for clients that connect by ssh. ${fix}`);
}

interface Start {
  readonly child: ChildProcess;
  /** The words of a server that could not start. */
  fault(): string | undefined;
}

/** The server outlives this process, and the ssh connection. */
function startServer(dataFolder: string): Start {
  const log = join(dataFolder, logName);
  const before = statSync(log, { throwIfNoEntry: false })?.size ?? 0;
  const isTooLong = before > maxLogBytes;
  const descriptor = openSync(log, isTooLong ? 'w' : 'a', 0o600);
  const command = [...process.execArgv, process.argv[1] ?? '', 'serve', '--no-port', '--until-unused'];
  const child = spawn(process.execPath, [...command, '--data', dataFolder], {
    detached: true,
    stdio: ['ignore', 'ignore', descriptor],
  });
  closeSync(descriptor);
  child.on('error', () => undefined);
  child.unref();
  const fault = (): string | undefined => {
    const written = readFileSync(log)
      .subarray(isTooLong ? 0 : before)
      .toString();
    return /^palmtree-server: (.+)$/m.exec(written)?.[1];
  };
  return { child, fault };
}
