import { watch } from 'node:fs';
import { basename, dirname } from 'node:path';

/**
 * Calls `onChange` after the file at `path` was created, replaced or deleted, where the system reports that. Returns a
 * function that ends the watch. The folder has to exist, and a watch of a folder that is deleted ends.
 */
export function watchFile(path: string, onChange: () => void): () => void {
  try {
    const watcher = watch(dirname(path), { persistent: false }, (_event, name) => {
      if (name === basename(path)) onChange();
    });
    watcher.on('error', () => watcher.close());
    return () => watcher.close();
  } catch {
    return () => undefined;
  }
}
