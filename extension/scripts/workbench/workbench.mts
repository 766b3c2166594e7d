import type { ChildProcess } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cleanEnvironment } from '../setup/cleanEnvironment.mjs';
import { ensureCodeServer } from './codeServerInstall.mts';
import { spawnWatched } from '../processes/watchedProcess.mts';
import { onStop, stopGroup } from '../processes/liveChildren.mjs';
import { runCommand } from '../processes/runCommand.mts';
import { quietSettings, writeUserSettings } from './workbenchSettings.mts';

export interface WorkbenchOptions {
  /** The folder of settings, extension storage and logs: an empty one makes a new user. */
  readonly userDataDir: string;
  readonly extensionsDir: string;
  /** Seen by the extension host and the terminals. */
  readonly env?: NodeJS.ProcessEnv;
  /** User settings in addition to the quiet ones. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Ask for workspace trust, as a desktop VS Code does. */
  readonly trust?: boolean;
  /**
   * Keep the extension host of a page that was closed or crashed for as long as code-server does by default: three hours.
   * Otherwise it ends after two seconds.
   */
  readonly keepHosts?: boolean;
  /** The folders of VS Code's own extensions that it has; by default, it has all. */
  readonly builtinExtensions?: readonly string[];
  /** 0, the default, is any free port. */
  readonly port?: number;
}

export interface Workbench {
  readonly url: string;
  /** The address that opens a folder, or a .code-workspace file. */
  urlFor(folder: string): string;
  close(): Promise<void>;
}

/** Serves a VS Code workbench with a Node extension host to a browser on this machine. */
export async function startWorkbench(options: WorkbenchOptions): Promise<Workbench> {
  const codeServer = await ensureCodeServer();
  await mkdir(options.extensionsDir, { recursive: true });
  await writeUserSettings(options.userDataDir, {
    ...quietSettings,
    'security.workspace.trust.enabled': options.trust === true,
    ...options.settings,
  });
  const { configFile, env } = await isolation(options.userDataDir);
  const args = [...serverArguments(configFile, options), ...(await builtinArguments(codeServer, options))];
  const child = spawnWatched(join(codeServer, 'out/node/entry.js'), args, { ...env, ...options.env });
  const close = (): Promise<void> => stopGroup(child);
  const forget = onStop(close);
  try {
    const url = await listening(child);
    return {
      url,
      urlFor: (folder) =>
        `${url}/?${folder.endsWith('.code-workspace') ? 'workspace' : 'folder'}=${encodeURIComponent(folder)}`,
      close: async () => {
        forget();
        await close();
      },
    };
  } catch (error) {
    forget();
    await close();
    throw error;
  }
}

/** Installs a VSIX as a user would from the command line. */
export async function installExtension(
  vsix: string,
  options: Pick<WorkbenchOptions, 'userDataDir' | 'extensionsDir'>,
): Promise<void> {
  const codeServer = await ensureCodeServer();
  const { configFile, env } = await isolation(options.userDataDir);
  const { code, output } = await runCommand(
    process.execPath,
    [
      join(codeServer, 'out/node/entry.js'),
      '--config',
      configFile,
      ...profileArguments(options),
      '--install-extension',
      vsix,
      '--force',
    ],
    { env },
  );
  if (code !== 0) throw new Error(`The workbench could not install ${vsix}:\n${output}`);
}

function serverArguments(configFile: string, options: WorkbenchOptions): string[] {
  return [
    ...['--config', configFile, '--bind-addr', `127.0.0.1:${options.port ?? 0}`, '--auth', 'none'],
    ...['--disable-telemetry', '--disable-update-check', '--disable-getting-started-override', '--disable-proxy'],
    ...(options.keepHosts === true ? [] : ['--reconnection-grace-time', '2']),
    ...(options.trust ? [] : ['--disable-workspace-trust']),
    ...profileArguments(options),
  ];
}

/** Makes a folder with links to the chosen extensions. */
async function builtinArguments(
  codeServer: string,
  { userDataDir, builtinExtensions }: WorkbenchOptions,
): Promise<string[]> {
  if (builtinExtensions === undefined) return [];
  const folder = join(userDataDir, 'builtin-extensions');
  await mkdir(folder, { recursive: true });
  for (const name of builtinExtensions) {
    await symlink(join(codeServer, 'lib/vscode/extensions', name), join(folder, name), 'junction');
  }
  return ['--builtin-extensions-dir', folder];
}

function profileArguments(options: Pick<WorkbenchOptions, 'userDataDir' | 'extensionsDir'>): string[] {
  return ['--user-data-dir', options.userDataDir, '--extensions-dir', options.extensionsDir];
}

/** Keeps code-server from the user's own configuration and data, and from an extension gallery. */
async function isolation(userDataDir: string): Promise<{ configFile: string; env: NodeJS.ProcessEnv }> {
  const folder = join(userDataDir, 'code-server');
  await mkdir(folder, { recursive: true });
  const configFile = join(folder, 'config.yaml');
  await writeFile(configFile, '');
  const env = {
    ...cleanEnvironment(),
    EXTENSIONS_GALLERY: '{"serviceUrl":""}',
    XDG_CONFIG_HOME: join(folder, 'config'),
    XDG_DATA_HOME: join(folder, 'data'),
  };
  return { configFile, env };
}

async function listening(child: ChildProcess): Promise<string> {
  let output = '';
  return new Promise((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      const url = /HTTP server listening on (http:\/\/127\.0\.0\.1:\d+)/.exec(output)?.[1];
      if (url) resolve(url);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('error', reject);
    child.once('exit', (code) =>
      reject(new Error(`The workbench ended with code ${code} before it listened:\n${output}`)),
    );
  });
}
