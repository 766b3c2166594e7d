import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { removeFolder } from '../src/sessions/removeFolder';

/** Each data folder has hundreds of folders, and a busy disk removes some ten in a second. */
const removalTimeoutMs = 300_000;

const folders: string[] = [];

// Registered when a test file imports this module, so it runs after that file's own afterAll.
afterAll(async () => {
  for (const folder of folders.splice(0)) await removeFolder(folder);
}, removalTimeoutMs);

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'palmtree-server-test-'));
  folders.push(folder);
  return folder;
}
