import { chmod, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { withScheme } from '../../io/api/serverAddress';
import { isSshAddress } from '../../io/api/sshAddress';
import { isNotFound } from '../../io/fs/errno';
import { createFolder } from '../../io/fs/folders';
import { LockedFile } from '../../io/store/lockedFile';

const schema = z.object({ version: z.literal(1), tokens: z.record(z.string(), z.string()) });
type Stored = z.infer<typeof schema>;

/**
 * Tokens by server origin, in a file that only its owner can read. A token in PALMTREE_TOKEN comes before a stored one, in every
 * command, and is used only for the server in PALMTREE_SERVER_URL if that is set: no other server gets it.
 */
export class Credentials {
  readonly #file: LockedFile<Stored>;
  readonly #environment: NodeJS.ProcessEnv;

  constructor(state: string, environment: NodeJS.ProcessEnv) {
    this.#file = new LockedFile({
      path: join(state, 'credentials.json'),
      parse: (value) => schema.safeParse(value).data,
    });
    this.#environment = environment;
  }

  get path(): string {
    return this.#file.path;
  }

  /** The server in PALMTREE_SERVER_URL, for containers that are set up from outside. */
  get environmentUrl(): string | undefined {
    return withScheme(this.#environment['PALMTREE_SERVER_URL'] ?? '') || undefined;
  }

  /** The token for this server; empty if ssh reaches it, which needs none. */
  async token(server: URL): Promise<string | undefined> {
    if (isSshAddress(server.href)) return '';
    return this.fromEnvironment(server.origin) ?? (await this.stored(server.origin));
  }

  async stored(origin: string): Promise<string | undefined> {
    await this.#keepPrivate();
    return (await this.#file.read())?.tokens[origin];
  }

  fromEnvironment(origin: string): string | undefined {
    const url = this.environmentUrl;
    const isForOtherServer = url !== undefined && (!URL.canParse(url) || new URL(url).origin !== origin);
    return isForOtherServer ? undefined : this.#environment['PALMTREE_TOKEN'] || undefined;
  }

  async store(origin: string, token: string): Promise<void> {
    await createFolder(dirname(this.path), 0o700);
    await this.#file.update((stored) => ({ version: 1, tokens: { ...stored?.tokens, [origin]: token } }));
  }

  forget(origin: string): Promise<void> {
    return this.#file.update((stored) => {
      if (stored === undefined) return undefined;
      const { [origin]: _forgotten, ...tokens } = stored.tokens;
      return { version: 1, tokens };
    });
  }

  /** A copy or another program may have opened the file to others. */
  async #keepPrivate(): Promise<void> {
    if (process.platform === 'win32') return;
    try {
      const { mode } = await stat(this.path);
      if ((mode & 0o077) !== 0) await chmod(this.path, 0o600);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}
