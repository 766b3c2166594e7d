import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

export const repository = resolve(import.meta.dirname, '../..');
export const dist = join(repository, 'dist');
/** The Node for scripts and servers. In the extension host of a desktop VS Code, `process.execPath` is not Node. */
export const nodeBinary = process.env['PALMTREE_NODE'] ?? process.execPath;
export const serverBundle = join(dist, 'palmtree-server.mjs');
export const vsixFile = join(dist, 'palmtree-sync.vsix');
/** Data, profiles and logs of `npm start` and `npm test`. */
export const scratch = join(repository, '.palmtree');
export const logs = join(scratch, 'logs');

export function cacheFolder(): string {
  const own = process.env['PALMTREE_CACHE_DIR'];
  if (own) return resolve(own);
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'palmtree');
}
