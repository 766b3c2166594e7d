import { readdirSync, readlinkSync } from 'node:fs';

/** The paths of the files below `folder` that this process has open; none where the system does not tell. */
export function openFiles(folder: string): string[] {
  if (process.platform !== 'linux') return [];
  const targets = readdirSync('/proc/self/fd').map((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`);
    } catch {
      return '';
    }
  });
  return targets.filter((target) => target.startsWith(`${folder}/`));
}
