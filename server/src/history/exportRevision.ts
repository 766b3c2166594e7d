import { chmodSync, mkdirSync, readdirSync, rmSync, symlinkSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { FileEntry } from '../contract/schemas';
import { OperatorError, pathsError } from '../errors';
import { hasContent } from '../objects/content';
import { DamagedContent } from '../objects/openContent';
import type { ContentStore } from '../objects/contentStore';
import type { StoredSlice } from '../objects/packs/sliceRepository';
import type { EntryRepository } from '../trees/entryRepository';
import { requireRevision, type TreeRepository } from '../trees/treeRepository';
import { requireWritableFolder } from '../space/writableFolder';

export interface ExportServices {
  readonly trees: TreeRepository;
  readonly entries: EntryRepository;
  readonly contents: ContentStore;
}

export interface ExportRequest {
  readonly treeName: string;
  /** By default the head. */
  readonly revision: number | undefined;
  readonly folder: string;
  /** Called when the database is no longer needed, which is long before the end. */
  readonly onRead: () => Promise<void>;
  /** Opens the database again, for a content that is composed of chunks, or that gc has moved since. */
  readonly withContents: <T>(use: (contents: ContentStore) => Promise<T>) => Promise<T>;
}

export interface ExportResult {
  readonly revision: number;
  readonly files: number;
}

/** Errors of the system about one name or content. After any other, the rest would fail as well. */
const pathErrors = new Set([
  'ENAMETOOLONG',
  'EILSEQ',
  'EINVAL',
  'EEXIST',
  'ENOTDIR',
  'EISDIR',
  'EPERM',
  'ENOENT',
  'EIO',
]);

/** An export error names only this many paths. */
const maxNamedPaths = 20;

/**
 * Writes the files of a revision, or of the head, into `folder`, which must be empty or absent. The files are copies,
 * not links, so edits do not change the objects. Goes on after a file whose stored content is lost or damaged, or that the
 * target folder cannot store. Throws OperatorError, which names such files; tree_not_found, revision_not_found, and
 * version_removed if retention has removed some of the revision's versions.
 */
export async function exportRevision(
  { trees, entries, contents }: ExportServices,
  { treeName, revision, folder, onRead, withContents }: ExportRequest,
): Promise<ExportResult> {
  const tree = await trees.find(treeName);
  const number = revision ?? tree.head;
  requireRevision(tree, number);
  requireEmpty(folder);
  for await (const removed of entries.removed.pagesAt(tree.id, [number])) {
    throw pathsError('version_removed', removed, `was removed by retention at revision ${number}`);
  }
  const paths = await entries.pathsChanged(tree.id, { older: 0, newer: number });
  const exported = [...(await entries.atRevision(tree.id, number, paths)).values()];
  const slices = await contents.packs.find(exported.filter(({ kind }) => kind === 'file'));
  await onRead();
  const faults: string[] = [];
  // Symlinks come last, so that no file is written through one.
  for (const kind of ['file', 'symlink'] as const) {
    for (const entry of exported) {
      if (entry.kind !== kind) continue;
      const fault = await faultOf(join(folder, entry.path), entry, { contents, slices, withContents });
      if (fault !== undefined) faults.push(`${JSON.stringify(entry.path)} (${fault})`);
    }
  }
  if (faults.length > 0) throw incomplete(faults, exported.length);
  return { revision: number, files: exported.length };
}

interface Sources {
  readonly contents: ContentStore;
  readonly slices: ReadonlyMap<string, StoredSlice>;
  readonly withContents: ExportRequest['withContents'];
}

/** Writes the entry. Returns the reason if it alone cannot be written. */
async function faultOf(file: string, entry: FileEntry, sources: Sources): Promise<string | undefined> {
  try {
    mkdirSync(dirname(file), { recursive: true });
    if (entry.target !== undefined) {
      symlinkSync(entry.target, file);
      return undefined;
    }
    const isCopied = await copyTo(file, entry, sources);
    if (!isCopied) return 'its stored content is lost';
    // The copy is read, because it cannot differ from the content that was hashed.
    if (!(await hasContent(file, entry))) {
      rmSync(file);
      return 'its stored content is damaged';
    }
    setAttributes(file, entry);
    return undefined;
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    if (pathErrors.has(code)) return code;
    if (error instanceof DamagedContent) {
      rmSync(file, { force: true });
      return 'its stored content is damaged';
    }
    const fix = 'Check the space and permissions of the target folder, then export to a new one.';
    throw new OperatorError(`The file ${file} could not be written (${code}). ${fix}`, { cause: error });
  }
}

async function copyTo(file: string, entry: FileEntry, { contents, slices, withContents }: Sources): Promise<boolean> {
  if (await contents.copyTo(file, entry, slices.get(entry.hash))) return true;
  return withContents(async (current) => {
    const moved = await current.packs.find([entry]);
    if (await current.copyTo(file, entry, moved.get(entry.hash))) return true;
    return current.compose(file, entry);
  });
}

function incomplete(faults: readonly string[], files: number): OperatorError {
  const named = faults.slice(0, maxNamedPaths).join(', ');
  const others = faults.length > maxNamedPaths ? ` and ${faults.length - maxNamedPaths} more` : '';
  const message = `${faults.length} of ${files} files could not be exported: ${named}${others}.`;
  return new OperatorError(`${message} The other files are complete. Push (Force) on a machine restores lost content.`);
}

function requireEmpty(folder: string): void {
  requireWritableFolder(folder, { name: 'target folder', option: '--to' });
  if (readdirSync(folder).length > 0) {
    throw new OperatorError(`The folder ${folder} is not empty. Choose an empty or absent one with --to.`);
  }
}

function setAttributes(file: string, { mode, mtimeNs }: FileEntry): void {
  // A string, because Node replaces a negative number by the present time.
  const seconds = String(Number(BigInt(mtimeNs)) / 1e9);
  utimesSync(file, seconds, seconds);
  chmodSync(file, mode);
}
