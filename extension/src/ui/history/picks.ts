import * as vscode from 'vscode';
import type { PathVersion, RevisionSummary } from '../../../../server/src/contract/history';
import { parentFolders } from '../../core/paths';
import { PalmtreeError } from '../../errors';
import type { Page } from './pages';
import { revisionLabel, revisionDescription, versionDescription } from './rows';
import type { SyncedFolder } from '../workspace/workspaceFolders';

/** Throws cancelled, and nothing_to_undo where the tree has no revision. */
export function pickRevision({ sync }: SyncedFolder, placeHolder: string): Promise<RevisionSummary> {
  return pickFromPages<RevisionSummary>(placeHolder, {
    fetch: async (before) => {
      const { revisions, more } = await sync.revisions(before?.number);
      return { items: revisions, more };
    },
    label: (revision) => revisionLabel(revision.number, revision),
    describe: revisionDescription,
  });
}

/** Throws cancelled, and not_in_revision where the path never was on the server. */
export function pickVersion({ sync }: SyncedFolder, path: string, placeHolder: string): Promise<PathVersion> {
  return pickFromPages<PathVersion>(placeHolder, {
    fetch: async (before) => {
      const { versions, more } = await sync.history(path, before?.revision);
      if (before === undefined && versions.length === 0) throw notThere(path, sync.knownRevision);
      return { items: versions, more };
    },
    label: (version) => revisionLabel(version.revision, version),
    describe: versionDescription,
  });
}

/** A file or folder of a revision; `''` is the whole tree. Throws cancelled. */
export async function pickPath({ sync }: SyncedFolder, revision: number): Promise<string> {
  const paths = await sync.pathsAt(revision);
  const folders = new Set(paths.flatMap((path) => [...parentFolders(path)]));
  folders.delete('');
  const items = [
    { label: '$(root-folder) The whole tree', path: '' },
    ...[...folders].sort().map((path) => ({ label: `$(folder) ${path}/`, path })),
    ...paths.map((path) => ({ label: `$(file) ${path}`, path })),
  ];
  const placeHolder = `Restore what from revision ${revision}?`;
  const picked = await vscode.window.showQuickPick(items, { placeHolder });
  if (picked === undefined) throw new PalmtreeError('cancelled', 'no path was picked');
  return picked.path;
}

interface Choices<T> {
  readonly fetch: (before: T | undefined) => Promise<Page<T>>;
  readonly label: (item: T) => string;
  readonly describe: (item: T, now: Date) => string;
}

/** Shows the pages so far, with a last row that adds the next. */
async function pickFromPages<T>(placeHolder: string, { fetch, label, describe }: Choices<T>): Promise<T> {
  let known: readonly T[] = [];
  for (;;) {
    const page = await fetch(known.at(-1));
    known = [...known, ...page.items];
    const now = new Date();
    const rows = known.map((item) => ({ label: label(item), description: describe(item, now), item }));
    const more = page.more ? [{ label: 'Load more…', description: '', item: undefined }] : [];
    const picked = await vscode.window.showQuickPick([...rows, ...more], { placeHolder, matchOnDescription: true });
    if (picked === undefined) throw new PalmtreeError('cancelled', 'nothing was picked');
    if (picked.item !== undefined) return picked.item;
  }
}

function notThere(path: string, revision: number): PalmtreeError {
  return new PalmtreeError('not_in_revision', `${path} never was on the server`, {
    details: { paths: [path], subject: String(revision) },
  });
}
