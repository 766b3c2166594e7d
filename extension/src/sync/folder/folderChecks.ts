import type { SharedlyExcluded } from '../../core/tracking/sharedRules';
import { isPalmtreeError } from '../../errors';
import type { Client } from '../../io/api/client';
import { probeRsync } from '../../io/rsync/rsyncProbe';
import type { Transport } from '../../io/transfer/transferRequest';
import type { Reporter } from '../ports/serverBinding';
import type { Counts } from '../ports/syncState';
import type { FolderSync } from './folderSync';

export type CheckName = 'rsync' | 'server' | 'tree' | 'scan';

/** The result of a check that has met no error. */
export type Finding =
  | { readonly check: 'rsync'; readonly command: string; readonly version: string }
  /** `name`: that of the token. `ms`: the time of one request. */
  | {
      readonly check: 'server';
      readonly server: string;
      readonly version: string;
      readonly name: string;
      readonly ms: number;
    }
  | { readonly check: 'tree'; readonly tree: string; readonly revision: number }
  /** `excluded`: the files of the server that the shared rules exclude here. */
  | { readonly check: 'scan'; readonly counts: Counts; readonly excluded: readonly SharedlyExcluded[] };

export interface CheckResult {
  readonly check: CheckName;
  /** The finding, or the error that the check has met. */
  readonly outcome: { readonly finding: Finding } | { readonly error: unknown };
}

export interface CheckOptions {
  readonly sync: FolderSync;
  readonly reporter: Reporter;
  readonly rsyncPath: string;
  /** By "http", no transfer needs rsync, and it is not checked. */
  readonly transport: Transport;
  /** The way to the server that the folder is bound to; undefined if it is bound to none. */
  readonly client: Pick<Client, 'whoami' | 'head'> | undefined;
}

/**
 * Checks whatever a push or pull of a folder needs, one thing after the other, although an earlier check has failed. Throws
 * cancelled.
 */
export async function* checkFolder(options: CheckOptions): AsyncGenerator<CheckResult> {
  const { sync, reporter, rsyncPath, transport, client } = options;
  const { signal } = reporter;
  if (transport !== 'http') {
    yield await checked('rsync', async () => ({ command: rsyncPath, version: await probeRsync(rsyncPath) }));
  }
  const { binding } = sync.state;
  if (binding === undefined || client === undefined) return;
  const { server, tree } = binding;
  const reached = await checked('server', async () => {
    const begun = performance.now();
    const { name, server: about } = await client.whoami(signal);
    return { server, version: about.version, name, ms: Math.round(performance.now() - begun) };
  });
  yield reached;
  if ('error' in reached.outcome) return;
  yield await checked('tree', async () => ({ tree, revision: (await client.head(tree, signal))?.number ?? 0 }));
  yield await checked('scan', async () => {
    await sync.rescan(reporter);
    return { counts: sync.state.counts, excluded: sync.choice.sharedlyExcluded() };
  });
}

async function checked<N extends CheckName>(
  check: N,
  work: () => Promise<Omit<Extract<Finding, { readonly check: N }>, 'check'>>,
): Promise<CheckResult> {
  try {
    return { check, outcome: { finding: { check, ...(await work()) } as unknown as Finding } };
  } catch (error) {
    if (isPalmtreeError(error, 'cancelled')) throw error;
    return { check, outcome: { error } };
  }
}
