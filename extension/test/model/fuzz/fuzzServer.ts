import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { httpStatusByCode, type WireErrorCode } from '../../../../server/src/contract/errorCodes';
import { errorBody, type PushSession } from '../../../../server/src/contract/schemas';
import { startInProcess, type InProcessServer } from '../inProcessServer';
import { headPlaceholder, sessionPlaceholder, type FuzzRequest, type SentRequest, type User } from './requests';

/** A content that only alice may read. */
export const secret = 'the secret content of alice';
const treeOfBob = 'other';
/** Older sessions are ended, or their folders would fill the disk. */
const keptSessions = 8;

export interface FuzzResponse {
  readonly status: number;
  readonly text: string;
}

/** A server with two users: alice may use all trees, and bob only the tree `other`. */
export class FuzzServer {
  readonly server: InProcessServer;
  readonly #tokens: Readonly<Record<User, string>>;
  #head = 0;
  #endedSessions = 0;
  /** Requests that no client can send, because `fetch` refuses them. */
  unsendable = 0;
  readonly statuses = new Map<number, number>();

  private constructor(server: InProcessServer, tokens: Readonly<Record<User, string>>) {
    this.server = server;
    this.#tokens = tokens;
  }

  static async start(): Promise<FuzzServer> {
    const server = await startInProcess({ maxBodyBytes: 1 << 20 });
    const { tokens } = server.services;
    const revoked = await tokens.create('revoked', null);
    await tokens.revoke('revoked');
    const fuzz = new FuzzServer(server, {
      alice: await tokens.create('alice', null),
      bob: await tokens.create('bob', [treeOfBob]),
      nobody: 'no-token',
      revoked,
    });
    for (const tree of ['fuzz', treeOfBob]) await fuzz.#makeTree(tree);
    return fuzz;
  }

  /** Sends a request. Returns undefined if `fetch` itself refuses it. */
  async send({ user, request }: SentRequest): Promise<FuzzResponse | undefined> {
    const filled = this.#filled(request);
    let sent: Request;
    try {
      sent = new Request(`http://palmtree${filled.path}`, {
        method: filled.method,
        headers: { authorization: `Bearer ${this.#tokens[user]}`, ...filled.headers },
        ...(filled.body === undefined ? {} : { body: filled.body }),
      });
    } catch {
      this.unsendable++;
      return undefined;
    }
    const response = await this.server.app.fetch(sent);
    const text = await textOf(response);
    this.statuses.set(response.status, (this.statuses.get(response.status) ?? 0) + 1);
    checkShape(response, text);
    await this.#afterwards(text);
    return { status: response.status, text };
  }

  async #makeTree(tree: string): Promise<void> {
    const { app } = this.server;
    const headers = { authorization: `Bearer ${this.#tokens.alice}`, 'content-type': 'application/json' };
    await app.request(`/v1/trees/${tree}`, { method: 'PUT', headers });
    const files = tree === 'fuzz' ? { a: 'a1', 'n/b': secret, empty: '' } : { a: 'a1' };
    const changes = Object.entries(files).map(([path, text]) => putOf(path, text));
    const url = `/v1/trees/${tree}/pushes`;
    const begun = await app.request(url, { method: 'POST', headers, body: JSON.stringify({ base: 0, changes }) });
    const { id } = (await begun.json()) as PushSession;
    for (const [path, text] of Object.entries(files)) {
      const file = join(this.server.services.sessions.filesFolderOf(id), path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
      chmodSync(file, 0o444);
    }
    const committed = await app.request(`${url}/${id}/commit`, { method: 'POST', headers });
    this.#head = ((await committed.json()) as { revision: number }).revision;
  }

  #filled(request: FuzzRequest): FuzzRequest {
    const fill = (text: string): string =>
      text
        .replaceAll(headPlaceholder, String(this.#head))
        .replaceAll(new RegExp(`${sessionPlaceholder}(\\d)`, 'g'), (_, age: string) =>
          this.server.sessionId(Number(age)),
        );
    return {
      ...request,
      path: fill(request.path),
      ...(request.body === undefined ? {} : { body: fill(request.body) }),
    };
  }

  async #afterwards(text: string): Promise<void> {
    const revision = /^\{"revision":(\d+),"id"/.exec(text)?.[1];
    if (revision !== undefined) this.#head = Number(revision);
    const old = this.server.sessionId(keptSessions);
    if (Number.parseInt(old, 16) <= this.#endedSessions) return;
    this.#endedSessions = Number.parseInt(old, 16);
    for (const tree of ['fuzz', treeOfBob]) {
      for (const user of ['alice', 'bob'] as const) {
        for (const kind of ['pushes', 'pulls']) {
          const headers = { authorization: `Bearer ${this.#tokens[user]}` };
          await this.server.app.request(`/v1/trees/${tree}/${kind}/${old}`, { method: 'DELETE', headers });
        }
      }
    }
  }
}

function putOf(path: string, text: string) {
  const hash = createHash('sha256').update(text).digest('hex');
  return { op: 'put', path, kind: 'file', size: Buffer.byteLength(text), mtimeNs: '0', mode: 0o644, hash };
}

/** Reads the whole body; of an event stream, which does not end, only its first piece. */
async function textOf(response: Response): Promise<string> {
  if (response.headers.get('content-type') !== 'text/event-stream') return decoded(response);
  const reader = response.body?.getReader();
  const first = await reader?.read();
  await reader?.cancel();
  return new TextDecoder().decode(first?.value as Uint8Array | undefined);
}

/** `fetch` would decompress the body; this response was never on a network. */
async function decoded(response: Response): Promise<string> {
  const bytes = Buffer.from(await response.arrayBuffer());
  const isCompressed = bytes.length > 0 && response.headers.get('content-encoding') === 'gzip';
  return (isCompressed ? gunzipSync(bytes) : bytes).toString();
}

/** Throws unless the response is a success, or an error of the contract. */
function checkShape({ status, headers }: Response, text: string): void {
  if (status < 400) return;
  if (text === '') {
    // HEAD.
    if (status >= 500) throw new Error(`status ${status}`);
    return;
  }
  const { error } = errorBody.parse(JSON.parse(text));
  const expected = httpStatusByCode[error.code as WireErrorCode] as number | undefined;
  if (error.code !== headers.get('x-palmtree-error')) throw new Error(`the header does not name ${error.code}`);
  if (status >= 500) throw new Error(`status ${status}: ${text}`);
  if (status !== expected && status !== 416) throw new Error(`${error.code} with status ${status}`);
}
