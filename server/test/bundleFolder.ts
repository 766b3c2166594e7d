import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder in which the first test file that needs the server's bundle builds it for all. */
    bundleFolder: string;
  }
}

export function setup({ provide }: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'palmtree-server-bundle-'));
  provide('bundleFolder', folder);
  return () => rmSync(folder, { recursive: true, force: true });
}
