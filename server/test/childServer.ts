import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, existsSync, renameSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { inject } from 'vitest';
import { openDatabase } from '../src/database/openDatabase';
import { TokenRepository } from '../src/tokens/tokenRepository';
import { ApiClient } from './apiClient';
import type { ServerAccess } from './transfers';

/** Builds the server as the one file that is shipped, readable by any user, unless another test file has done so. */
export async function buildServer(): Promise<string> {
  const folder = inject('bundleFolder');
  const bundle = join(folder, 'palmtree-server.mjs');
  if (existsSync(bundle)) return bundle;
  const outfile = join(folder, `${randomUUID()}.mjs`);
  await build({
    entryPoints: [resolve(import.meta.dirname, '../src/main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    logLevel: 'warning',
    banner: {
      js: "import { createRequire as bundleRequire } from 'node:module'; const require = bundleRequire(import.meta.url);",
    },
  });
  chmodSync(folder, 0o755);
  chmodSync(outfile, 0o644);
  renameSync(outfile, bundle);
  return bundle;
}

export interface Ids {
  readonly uid: number;
  readonly gid: number;
}

export interface ProcessResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one palmtree-server command to its end. */
export async function runCommand(bundle: string, args: readonly string[], ids?: Ids): Promise<ProcessResult> {
  return resultOf(start(bundle, args, { ids }));
}

export interface ChildServer extends ServerAccess {
  readonly url: string;
  readonly process: ChildProcess;
  readonly ended: Promise<ProcessResult>;
  kill(signal: NodeJS.Signals): Promise<ProcessResult>;
}

export interface ChildServerOptions {
  readonly token?: string;
  readonly ids?: Ids | undefined;
  readonly options?: readonly string[];
  /** The most file descriptors that the process may have open. */
  readonly maxDescriptors?: number | undefined;
  /** The size of V8's heap in MB. */
  readonly maxHeap?: number | undefined;
}

/** Starts a server process on `dataFolder`, and creates a token unless one is given. */
export async function startChildServer(
  bundle: string,
  dataFolder: string,
  { token, ids, options = [], maxDescriptors, maxHeap }: ChildServerOptions = {},
): Promise<ChildServer> {
  const args = ['serve', '--port', '0', '--data', dataFolder, ...options];
  const child = start(bundle, args, { ids, maxDescriptors, maxHeap });
  const ended = resultOf(child);
  const url = await new Promise<string>((resolveUrl, reject) => {
    child.stdout?.once('data', (line: string) => resolveUrl((JSON.parse(line) as { url: string }).url));
    void ended.then(({ stderr }) => reject(new Error(`the server ended: ${stderr}`)));
  });
  const secret = token ?? (await createToken(bundle, dataFolder, ids));
  return {
    url,
    process: child,
    ended,
    token: secret,
    api: new ApiClient((path, init) => fetch(url + path, init), secret),
    rsyncUrl: (tree, id) => Promise.resolve(`${url}/v1/trees/${tree}/sessions/${id}/rsync`),
    kill: (signal) => {
      child.kill(signal);
      return ended;
    },
  };
}

/** In this process, since that of the command takes as long to start as many a test. Another user's folder needs the command. */
async function createToken(bundle: string, dataFolder: string, ids: Ids | undefined): Promise<string> {
  const name = `token-${process.hrtime.bigint()}`;
  if (ids !== undefined) {
    const { stdout } = await runCommand(bundle, ['token', 'create', name, '--data', dataFolder, '--json'], ids);
    return (JSON.parse(stdout) as { token: string }).token;
  }
  const database = await openDatabase(dataFolder);
  try {
    return await new TokenRepository(database, () => new Date()).create(name, null);
  } finally {
    await database.destroy();
  }
}

function start(
  bundle: string,
  args: readonly string[],
  { ids, maxDescriptors, maxHeap }: Pick<ChildServerOptions, 'ids' | 'maxDescriptors' | 'maxHeap'> = {},
): ChildProcess {
  const limited = maxDescriptors === undefined ? [] : ['sh', '-c', `ulimit -n ${maxDescriptors} && exec "$@"`, 'sh'];
  const heap = maxHeap === undefined ? [] : [`--max-old-space-size=${maxHeap}`];
  const [command = '', ...rest] = [...limited, process.execPath, ...heap, bundle, ...args];
  const child = spawn(command, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '', TMPDIR: process.env['TMPDIR'] ?? '/tmp' },
    ...(ids === undefined ? {} : { ...ids, cwd: '/' }),
  });
  child.stdout?.setEncoding('utf8');
  child.stderr?.setEncoding('utf8');
  return child;
}

async function resultOf(child: ChildProcess): Promise<ProcessResult> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (text: string) => (stdout += text));
  child.stderr?.on('data', (text: string) => (stderr += text));
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { code, signal, stdout, stderr };
}
