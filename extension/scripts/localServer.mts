import type { ChildProcess } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createWriteStream } from 'node:fs';
import { dirname, join } from 'node:path';
import { cleanEnvironment } from './setup/cleanEnvironment.mjs';
import { spawnWatched } from './processes/watchedProcess.mts';
import { onStop, stopGroup } from './processes/liveChildren.mjs';
import { createToken, revokeToken, serverListening } from './palmtreeServer.mts';
import { logs, scratch, serverBundle } from './paths.mts';
import { UserError } from './userError.mjs';

export const dataFolder = join(scratch, 'server');
export const serverLog = join(logs, 'server.log');
const tokenFile = join(scratch, 'demo-token');
const tokenName = 'demo';

export interface LocalServer {
  readonly url: string;
  readonly process: ChildProcess;
}

/** Starts the built server on the data in .palmtree. Its log goes to a file. */
export async function startLocalServer(port: number): Promise<LocalServer> {
  await mkdir(logs, { recursive: true });
  const args = ['serve', '--host', '127.0.0.1', '--port', String(port), '--data', dataFolder];
  const child = spawnWatched(serverBundle, args, cleanEnvironment());
  onStop(() => stopGroup(child));
  const log = createWriteStream(serverLog, { flags: 'a' });
  child.stdout.pipe(log);
  child.stderr.pipe(log);
  try {
    return { url: await serverListening(child), process: child };
  } catch (error) {
    const reason = /^palmtree-server: (.*)$/m.exec(error instanceof Error ? error.message : '')?.[1] ?? '';
    throw new UserError(`The server did not start. ${reason}`.trim(), { log: serverLog, cause: error });
  }
}

/** Returns the token of an earlier start if the server still accepts it, or a new one. Its file is readable only by its owner. */
export async function demoToken(serverUrl: string): Promise<string> {
  const stored = (await readFile(tokenFile, 'utf8').catch(() => '')).trim();
  if (stored && (await isAccepted(serverUrl, stored))) return stored;
  await revokeToken(dataFolder, tokenName);
  const token = await createToken(dataFolder, tokenName);
  await mkdir(dirname(tokenFile), { recursive: true });
  await writeFile(tokenFile, `${token}\n`, { mode: 0o600 });
  await chmod(tokenFile, 0o600);
  return token;
}

/** Creates a tree if it does not exist. */
export async function makeTree(serverUrl: string, token: string, tree: string): Promise<void> {
  const url = new URL(`/v1/trees/${tree}`, serverUrl);
  const { ok, status } = await fetch(url, { method: 'PUT', headers: { authorization: `Bearer ${token}` } });
  if (!ok) throw new UserError(`The server did not create the tree ${tree} (${status}).`, { log: serverLog });
}

async function isAccepted(serverUrl: string, token: string): Promise<boolean> {
  const response = await fetch(new URL('/v1/whoami', serverUrl), { headers: { authorization: `Bearer ${token}` } });
  return response.ok;
}
