import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import type { Observation } from '../../src/core/observation';
import type { Rule } from '../../src/core/tracking/rule';
import { scan, type ScanOptions } from '../../src/io/scan/scan';
import type { ScanResult } from '../../src/io/scan/scannerPort';

/** A workspace folder that is tracked whole, and what the scans of one test have found in it. */
export class ScanFolder {
  /** The folder above the workspace folder. */
  base = '';
  root = '';
  known = new Map<string, Observation>();
  rules: Rule[] = [];

  create(): void {
    this.base = mkdtempSync(join(tmpdir(), 'palmtree-scan-'));
    chmodSync(this.base, 0o755);
    this.root = join(this.base, 'ws');
    mkdirSync(this.root);
    this.known = new Map();
    this.rules = [{ path: '', kind: 'folder', effect: 'track' }];
  }

  remove(): void {
    execFileSync('chmod', ['-R', 'u+rwX', this.base]);
    rmSync(this.base, { recursive: true, force: true });
  }

  write(path: string, content = 'content'): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), content);
  }

  async rescan(options: Partial<ScanOptions> = {}): Promise<ScanResult> {
    const result = await scan({ ...this.defaults(), ...options });
    for (const path of result.removed) this.known.delete(path);
    for (const observation of result.changed) this.known.set(observation.path, observation);
    return result;
  }

  /** Too few files for helper threads, so that no script is needed. */
  defaults(): ScanOptions {
    const scope = { rules: this.rules, exclude: ['.git', 'node_modules'], respectGitignore: false };
    const { root, known } = this;
    return { root, scope, known, honorsModes: true, script: '', stop: new SharedArrayBuffer(4) };
  }
}

/** A new folder for each test of the file that calls this. */
export function scanFolder(): ScanFolder {
  const folder = new ScanFolder();
  beforeEach(() => folder.create());
  afterEach(() => folder.remove());
  return folder;
}

/** Runs as a user other than root, who may read everything. */
export async function asUser<T>(work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return work();
  process.seteuid?.(65_534);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

export function paths(items: readonly { readonly path: string }[]): string[] {
  return items.map(({ path }) => path).sort();
}
