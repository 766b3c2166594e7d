import { existsSync } from 'node:fs';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { onStop } from '../processes/liveChildren.mjs';
import { runNpm } from './npm.mjs';
import { UserError } from '../userError.mjs';

export interface NativeBuild {
  /** The folder whose node_modules contains the modules. */
  readonly cwd: string;
  readonly log: string;
  /** The folder of the Node that will load the modules, with bin/ and, if it ships headers, include/. */
  readonly nodeFolder?: string;
}

/**
 * Compiles modules that were installed without their install scripts.
 * Throws UserError if they do not compile or if no temporary folder has a path that compilers accept.
 */
export async function buildNativeModules(modules: readonly string[], build: NativeBuild): Promise<void> {
  const { cwd, log, nodeFolder = dirname(dirname(process.execPath)) } = build;
  const headers = await compilableHeaders(nodeFolder);
  try {
    const PATH = [join(nodeFolder, 'bin'), process.env['PATH']].join(delimiter);
    await runNpm(['rebuild', ...modules], { cwd, log, env: { PATH, ...headers.env } });
  } finally {
    await headers.remove();
  }
}

export interface CompilableHeaders {
  /** npm settings that tell node-gyp where Node's headers are, or where to download them to. */
  readonly env: Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

/**
 * Gives Node's headers a path without spaces. node-gyp writes this path into a makefile without quotes
 * (https://github.com/nodejs/node-gyp/issues/65), and a checkout or a home folder may have a space in its path.
 */
export async function compilableHeaders(
  nodeFolder: string,
  temporaryFolders: readonly string[] = [tmpdir(), '/tmp', '/var/tmp'],
): Promise<CompilableHeaders> {
  const parent = temporaryFolders.find((folder) => isCompilable(folder) && existsSync(folder));
  if (parent === undefined) {
    throw new UserError(
      'Native modules cannot be compiled below a path with spaces: set TMPDIR to a folder without spaces, then run this command again.',
    );
  }
  const folder = await mkdtemp(join(parent, 'palmtree-headers-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  const forget = onStop(remove);
  const link = join(folder, 'node');
  const hasHeaders = existsSync(join(nodeFolder, 'include/node/node.h'));
  if (hasHeaders) await symlink(nodeFolder, link, 'junction');
  return {
    env: hasHeaders ? { npm_config_nodedir: link } : { npm_config_devdir: folder },
    remove: async () => {
      forget();
      await remove();
    },
  };
}

function isCompilable(path: string): boolean {
  return /^[\w./:\\+~-]+$/.test(path);
}
