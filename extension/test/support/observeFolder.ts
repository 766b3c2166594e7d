import { readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { Observation } from '../../src/core/observation';
import { observe } from '../../src/io/scan/inspection/observe';

/** Observes every file and symlink below `root` whose path is included. */
export function observeFolder(root: string, isIncluded: (path: string) => boolean): Map<string, Observation> {
  const observations = new Map<string, Observation>();
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const path = relative(root, join(entry.parentPath, entry.name)).split(sep).join('/');
    const observation = isIncluded(path) ? observe(root, path) : undefined;
    if (observation !== undefined) observations.set(path, observation);
  }
  return observations;
}
