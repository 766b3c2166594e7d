import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { removeFolder } from '../sessions/removeFolder';

/**
 * Calls `use` with a new folder in `parent`, and removes it afterwards. Its name has the process's id, by which the folders
 * that killed processes left are found, and removed first.
 */
export async function withTemporaryFolder<T>(
  parent: string,
  prefix: string,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  for (const name of leftBehind(parent, prefix)) await removeFolder(join(parent, name));
  const folder = join(parent, `${prefix}-${process.pid}`);
  mkdirSync(folder, { mode: 0o700 });
  try {
    return await use(folder);
  } finally {
    await removeFolder(folder);
  }
}

/** The names in `folder` of the form `PREFIX-PID` whose process is gone. */
export function leftBehind(folder: string, prefix: string): string[] {
  return readdirSync(folder).filter((name) => {
    const pid = name.startsWith(`${prefix}-`) ? name.slice(prefix.length + 1) : '';
    return /^[1-9][0-9]{0,9}$/.test(pid) && !isAlive(Number(pid));
  });
}

/** This process has just started, so a name with its own id is another's. */
function isAlive(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
