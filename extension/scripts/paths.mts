import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

export const repository = resolve(import.meta.dirname, '../..');
export const dist = join(repository, 'dist');
/** Runs our scripts and the server: in a desktop VS Code's extension host, the process itself is no Node. */
export const nodeBinary = process.env['PALMTREE_NODE'] ?? process.execPath;
export const serverBundle = join(dist, 'palmtree-server.mjs');
export const vsixFile = join(dist, 'palmtree-sync.vsix');
/** What `npm start` and `npm test` leave behind: data, profiles, logs. */
export const scratch = join(repository, '.palmtree');
export const logs = join(scratch, 'logs');

export function cacheFolder(): string {
  const own = process.env['PALMTREE_CACHE_DIR'];
  if (own) return resolve(own);
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'palmtree');
}
