import { expect } from 'vitest';
import type { BeginPush } from '../src/contract/schemas';
import type { ApiClient } from './apiClient';
import { puts, writeFiles, type Files } from './changes';
import type { Connect, TcpBridge } from './tcpBridge';
import { fileListOptions, nameList, runRsync, type RsyncRequest, type RsyncResult } from './rsyncClient';
import { temporaryFolder } from './temporaryFolder';

/** A token's access to a server in this process or another. */
export interface ServerAccess {
  readonly api: ApiClient;
  readonly token: string;
  rsyncUrl(tree: string, id: string): Promise<string>;
  readonly connect?: Connect;
}

export interface SessionAccess {
  readonly id: string;
  readonly module: string;
  readonly password: string;
}

export async function send(
  server: ServerAccess,
  tree: string,
  session: SessionAccess,
  folder: string,
  paths: readonly string[],
  onStarted?: (bridge: TcpBridge) => void,
): Promise<RsyncResult> {
  const target = { url: await server.rsyncUrl(tree, session.id), token: server.token, connect: server.connect };
  return runRsync(target, requestOf(session, folder, paths, ['./', 'MODULE/'], onStarted));
}

function requestOf(
  { module, password }: SessionAccess,
  cwd: string,
  paths: readonly string[],
  sourceAndTarget: readonly string[],
  onStarted?: (bridge: TcpBridge) => void,
): RsyncRequest {
  const options = [...fileListOptions, '--partial', ...sourceAndTarget];
  const input = nameList(paths);
  return { arguments: options, module, password, cwd, input, ...(onStarted === undefined ? {} : { onStarted }) };
}

export async function receive(
  server: ServerAccess,
  tree: string,
  session: SessionAccess,
  paths: readonly string[],
  onStarted?: (bridge: TcpBridge) => void,
): Promise<RsyncResult & { folder: string }> {
  const folder = temporaryFolder();
  const target = { url: await server.rsyncUrl(tree, session.id), token: server.token, connect: server.connect };
  const result = await runRsync(target, requestOf(session, folder, paths, ['MODULE/', './'], onStarted));
  return { ...result, folder };
}

/** Begins a push, sends its files and commits it. Returns the new revision. */
export async function push(
  server: ServerAccess,
  tree: string,
  base: number,
  files: Files,
  over: Partial<BeginPush> = {},
): Promise<number> {
  const folder = temporaryFolder();
  writeFiles(folder, files);
  const begun = await server.api.beginPush(tree, { base, changes: puts(files), ...over });
  expect(begun).toMatchObject({ status: 201 });
  if (begun.body.upload.length > 0) {
    const sent = await send(server, tree, begun.body, folder, begun.body.upload);
    expect(sent).toMatchObject({ exit: 0, stdout: '', stderr: '' });
  }
  const committed = await server.api.commit(tree, begun.body.id);
  expect(committed).toMatchObject({ status: 200 });
  return committed.body.revision;
}
