import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import type { Change } from '../../src/core/change';
import type { Entry } from '../../src/core/entry';
import type { Observation } from '../../src/core/observation';
import { applyChanges } from '../../src/io/apply/applyChanges';
import type { ApplyRequest, ApplyResult } from '../../src/io/apply/applyState';
import { sha256 } from '../../src/io/fs/sha256';
import { observeFolder } from './observeFolder';

/** A workspace folder, with a staging folder and a backup for changes that are applied to it. */
class ApplyFixture {
  /** The folder that contains the others. */
  base = '';
  root = '';
  staging = '';
  backup = '';
  observations = new Map<string, Observation>();
  /** Whether a scan observes `path`. */
  isTracked = (_path: string): boolean => true;

  readonly create = (): void => {
    this.base = mkdtempSync(join(tmpdir(), 'palmtree-apply-'));
    this.root = join(this.base, 'ws');
    this.staging = join(this.base, 'staging');
    this.backup = join(this.base, 'backup');
    this.observations = new Map();
    for (const folder of [this.root, this.staging]) mkdirSync(folder);
  };

  readonly remove = (): void => rmSync(this.base, { recursive: true, force: true });

  readonly scan = (): void => {
    this.observations = observeFolder(this.root, this.isTracked);
  };

  /** Writes files to the workspace folder and scans it. */
  readonly given = (files: Readonly<Record<string, string>>): void => {
    for (const [path, content] of Object.entries(files)) write(this.root, path, content);
    this.scan();
  };

  readonly removeFromRoot = (path: string): void => rmSync(join(this.root, path), { recursive: true });

  /** Stages `content` and returns the change that puts it. */
  readonly put = (path: string, content: string, mode?: number): Change => {
    write(this.staging, path, content);
    return { path, from: this.observations.get(path), to: entry(path, content, mode) };
  };

  readonly putLink = (path: string, target: string): Change => {
    const to: Entry = { ...entry(path, target, 0o777), kind: 'symlink', target };
    return { path, from: this.observations.get(path), to };
  };

  /** The change that deletes `path`. */
  readonly deletion = (path: string): Change => ({ path, from: this.observations.get(path), to: undefined });

  readonly request = (changes: readonly Change[], options: Partial<ApplyRequest> = {}): ApplyRequest => {
    const { root, staging, backup, observations } = this;
    return { root, staging, backup, changes, observations, ...options };
  };

  readonly apply = (changes: readonly Change[], options?: Partial<ApplyRequest>): Promise<ApplyResult> =>
    applyChanges(this.request(changes, options));

  readonly read = (path: string): string => readFileSync(join(this.root, path), 'utf8');

  readonly backedUp = (path: string): string => readFileSync(join(this.backup, path), 'utf8');
}

/** The returned fixture has new, empty folders in each test. */
export function applyFixture(): ApplyFixture {
  const fixture = new ApplyFixture();
  beforeEach(fixture.create);
  afterEach(fixture.remove);
  return fixture;
}

export function write(folder: string, path: string, content: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
}

export function entry(path: string, content: string, mode = 0o644): Entry {
  const size = Buffer.byteLength(content);
  return { path, kind: 'file', size, mtimeNs: 1_700_000_000_123_456_789n, mode, hash: sha256(content) };
}

export function skippedReasons({ skipped }: ApplyResult): Record<string, string> {
  return Object.fromEntries(skipped.map(({ path, reason }) => [path, reason]));
}

/** All names below `folder`, at any depth. Names of folders end with a slash. Symlinks are not followed. */
export function names(folder: string): string[] {
  const below = readdirSync(folder, { withFileTypes: true }).flatMap((one) => {
    if (!one.isDirectory()) return [one.name];
    return [`${one.name}/`, ...names(join(folder, one.name)).map((name) => `${one.name}/${name}`)];
  });
  return below.sort();
}
