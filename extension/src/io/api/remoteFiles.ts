import type { FileTable, TableEntry } from '../../../../server/src/contract/schemas';
import { entryOf, type RemoteFile } from '../../core/wire';
import { compactEntries } from '../entries/packedEntries';

/** The server's table, or what changed in it. */
export interface RemoteFiles extends Omit<FileTable, 'files'> {
  readonly files: readonly RemoteFile[];
}

/** The lines of a table in a form that takes little memory: there may be a million of them. */
export function compactFiles(lines: readonly TableEntry[]): RemoteFile[] {
  const entries = compactEntries(lines.flatMap((line) => ('deleted' in line ? [] : [entryOf(line)]))).values();
  return lines.map((line) => {
    if ('deleted' in line) return line;
    const { value } = entries.next();
    return value ?? entryOf(line);
  });
}
