import { inSlices } from '../concurrency/inSlices';
import type { Change } from '../contract/schemas';
import { WireError } from '../errors';

/**
 * Throws file_dir_conflict when a path would be both a file and a folder after the push. `headPaths` are the files and
 * symlinks of the head; those neither above nor below a changed path may be left out.
 */
export async function checkFileDirConflict(headPaths: Iterable<string>, changes: readonly Change[]): Promise<void> {
  const files = new Set(headPaths);
  await inSlices(changes, ({ op, path }) => {
    if (op === 'delete') files.delete(path);
    else files.add(path);
  });
  await inSlices(files, (path) => {
    const file = parentAmong(files, path);
    if (file === undefined) return;
    const message = `${JSON.stringify(file)} would be a file, and ${JSON.stringify(path)} is below it`;
    throw new WireError('file_dir_conflict', message, { paths: [file, path] });
  });
}

function parentAmong(files: ReadonlySet<string>, path: string): string | undefined {
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
    const parent = path.slice(0, end);
    if (files.has(parent)) return parent;
  }
  return undefined;
}
