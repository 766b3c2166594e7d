import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onStop } from '../../../scripts/processes/liveChildren.mjs';
import { startWorkbench, type Workbench, type WorkbenchOptions } from '../../../scripts/workbench/workbench.mts';
import type { RunningServer } from '../servers/server';

export interface TestWorkbenchOptions extends Pick<WorkbenchOptions, 'env' | 'extensionsDir' | 'trust' | 'keepHosts'> {
  /** The server that the extension is set up for: with none, it starts as on a new machine. */
  readonly server?: Pick<RunningServer, 'url' | 'token'>;
  /** Many tests use it. */
  readonly isShared?: boolean;
}

/** A served VS Code workbench with user data of its own. Its origin is new, so the browser stores nothing for it yet. */
export class TestWorkbench {
  readonly isShared: boolean;
  readonly #workbench: Workbench;
  readonly #userDataDir: string;
  readonly #remove: () => Promise<void>;

  private constructor(
    workbench: Workbench,
    options: { readonly userDataDir: string; readonly isShared: boolean; readonly remove: () => Promise<void> },
  ) {
    this.#workbench = workbench;
    this.#userDataDir = options.userDataDir;
    this.isShared = options.isShared;
    this.#remove = options.remove;
  }

  static async start({ server, env, isShared = false, ...options }: TestWorkbenchOptions): Promise<TestWorkbench> {
    const userDataDir = await mkdtemp(join(tmpdir(), 'palmtree-user-data-'));
    const remove = (): Promise<void> => rm(userDataDir, { recursive: true, force: true, maxRetries: 5 });
    const forget = onStop(remove);
    const workbench = await startWorkbench({
      ...options,
      userDataDir,
      builtinExtensions,
      env: { ...(server && { PALMTREE_SERVER_URL: server.url, PALMTREE_TOKEN: server.token }), ...env },
      settings: { ...testSettings, ...(server && { 'palmtree.serverUrl': server.url }) },
    });
    const removeAndForget = async (): Promise<void> => {
      await remove();
      forget();
    };
    return new TestWorkbench(workbench, { userDataDir, isShared, remove: removeAndForget });
  }

  /** The address that opens a folder, or a .code-workspace file. */
  urlFor(folder: string): string {
    return this.#workbench.urlFor(folder);
  }

  /** The folders in which extensions keep the state of a workspace. */
  async workspaceStorages(): Promise<string[]> {
    const parent = join(this.#userDataDir, 'User/workspaceStorage');
    return (await readdir(parent).catch(() => [])).map((name) => join(parent, name));
  }

  async close(): Promise<void> {
    await this.#workbench.close();
    await this.#remove();
  }
}

/** Each window loads all extensions that there are, and starts some of them. */
const builtinExtensions = [
  'git',
  'git-base',
  'markdown-basics',
  'media-preview',
  'merge-conflict',
  'theme-defaults',
  'theme-modern-icons',
  'theme-seti',
];

const testSettings: Readonly<Record<string, unknown>> = {
  'explorer.compactFolders': false,
  'workbench.reduceMotion': 'on',
  'editor.cursorBlinking': 'solid',
  // None of the extensions needs a host of this kind.
  'extensions.webWorker': false,
  // Only few tests need it, and it takes a tenth of the time in which a window opens.
  'git.enabled': false,
};
