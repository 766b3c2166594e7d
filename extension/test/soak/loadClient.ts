import { createHash, randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { httpStatusByCode } from '../../../server/src/contract/errorCodes';
import type { PutChange } from '../../../server/src/contract/schemas';
import { isPalmtreeError, type PalmtreeError } from '../../src/errors';
import type { Client } from '../../src/io/api/client';
import { transfer } from '../../src/io/transferFiles';

const filesOfClient = 20;
const filesPerPush = 3;
const maxFileBytes = 20_000;
/** The times are the figure; on a machine that is too small for so many clients, no wait may end a push. */
export const silenceMs = 300_000;

/** The times of one push, in milliseconds. */
export interface PushTimes {
  readonly whole: number;
  readonly rsync: number;
  readonly commit: number;
}

/** A client that pushes files of its own to a tree, as fast as the server takes them. */
export class LoadClient {
  readonly #client: Client;
  readonly #tree: string;
  readonly #root: string;
  #pushes = 0;
  readonly times: PushTimes[] = [];
  readonly errors = new Map<string, number>();
  /** Refusals that an honest client meets, by their code: another client was faster, or a limit was reached. */
  readonly refusals = new Map<string, number>();
  /** Attempts of rsync that failed and were repeated. */
  retries = 0;

  constructor(client: Client, tree: string, root: string) {
    this.#client = client;
    this.#tree = tree;
    this.#root = root;
  }

  async runUntil(end: number): Promise<void> {
    while (performance.now() < end) {
      try {
        await this.#push();
      } catch (error) {
        if (isRefusal(error)) increment(this.refusals, error.code);
        else increment(this.errors, isPalmtreeError(error) ? `${error.code}: ${error.details.reason}` : String(error));
      }
    }
  }

  async #push(): Promise<void> {
    const client = this.#client;
    const changes = await this.#edit();
    const head = (await client.revisions(this.#tree)).revisions[0];
    const began = performance.now();
    const session = await client.beginPush(this.#tree, { base: head?.number ?? 0, changes });
    const sizes = new Map(changes.map(({ path, size }) => [path, size]));
    const beforeRsync = performance.now();
    await transfer({
      direction: 'push',
      carrier: { kind: 'rsync', command: 'rsync' },
      files: client.sessionFiles(this.#tree, session),
      endpoint: client.rsyncEndpoint(this.#tree, session.id),
      session,
      root: this.#root,
      sizes: new Map(session.upload.map((path) => [path, sizes.get(path) ?? 0])),
      serverRsyncError: () => client.rsyncError(this.#tree, session.id),
      screen: { write: () => undefined, retrying: () => void this.retries++ },
      signal: new AbortController().signal,
      silenceMs,
      onProgress: () => undefined,
    });
    const beforeCommit = performance.now();
    try {
      await client.commitPush(this.#tree, session.id);
    } catch (error) {
      await client.endPush(this.#tree, session.id).catch(() => undefined);
      throw error;
    }
    const now = performance.now();
    this.times.push({ whole: now - began, rsync: beforeCommit - beforeRsync, commit: now - beforeCommit });
  }

  async #edit(): Promise<PutChange[]> {
    const changes: PutChange[] = [];
    for (let file = 0; file < filesPerPush; file++) {
      const path = `f${(this.#pushes * filesPerPush + file) % filesOfClient}`;
      const content = randomBytes(1 + Math.floor(Math.random() * maxFileBytes));
      const name = `${this.#root.slice(this.#root.lastIndexOf('/') + 1)}/${path}`;
      await mkdir(dirname(join(this.#root, name)), { recursive: true });
      await writeFile(join(this.#root, name), content);
      const hash = createHash('sha256').update(content).digest('hex');
      changes.push({ op: 'put', path: name, kind: 'file', size: content.length, mtimeNs: '0', mode: 0o644, hash });
    }
    this.#pushes++;
    return changes;
  }
}

function isRefusal(error: unknown): error is PalmtreeError {
  if (!isPalmtreeError(error)) return false;
  const statuses: Readonly<Record<string, number>> = httpStatusByCode;
  const status = statuses[error.code];
  return status === 409 || status === 429;
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
