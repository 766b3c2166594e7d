import { WireError } from '../errors';
import { inSlices } from '../concurrency/inSlices';
import type { Change } from '../contract/schemas';

/**
 * Refuses a push after which one path would be a file and a folder at once. `headPaths` are all files and
 * symlinks of the tree before the push.
 */
export async function refuseFileDirConflicts(headPaths: Iterable<string>, changes: readonly Change[]): Promise<void> {
  const files = new Set(headPaths);
  await inSlices(changes, ({ op, path }) => {
    if (op === 'delete') files.delete(path);
    else files.add(path);
  });
  await inSlices(files, (path) => {
    const above = ancestorAmong(files, path);
    if (above === undefined) return;
    const message = `${JSON.stringify(above)} would be a file, and ${JSON.stringify(path)} stands below it`;
    throw new WireError('file_dir_conflict', message, { paths: [above, path] });
  });
}

function ancestorAmong(files: ReadonlySet<string>, path: string): string | undefined {
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
    const above = path.slice(0, end);
    if (files.has(above)) return above;
  }
  return undefined;
}
