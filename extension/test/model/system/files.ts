import { creatorOf } from '../../../src/core/temporaryName';
import { realFs } from '../disk/realFs';

/** The texts of files and the targets of symlinks, by path, sorted. */
export type Files = ReadonlyMap<string, string>;

/**
 * Reads everything below a folder, except the temporary files of a command that was killed: they stay as long as the
 * process lives that they are named for, which is here that of the test. A folder that does not exist has nothing.
 */
export function filesBelow(folder: string): Files {
  const found = new Map<string, string>();
  if (realFs.existsSync(folder)) read(folder, '', found);
  return found;
}

function read(folder: string, prefix: string, found: Map<string, string>): void {
  const entries = realFs.readdirSync(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = `${folder}/${entry.name}`;
    const name = prefix + entry.name;
    if (creatorOf(entry.name) !== undefined) continue;
    if (entry.isDirectory()) read(path, `${name}/`, found);
    else if (entry.isSymbolicLink()) found.set(name, `-> ${realFs.readlinkSync(path)}`);
    else found.set(name, realFs.readFileSync(path, 'utf8'));
  }
}
