import * as vscode from 'vscode';
import type { RevisionSummary } from '../../../../server/src/contract/history';
import { parentFolders, sortedNaturally } from '../../core/paths';
import { PalmtreeError } from '../../errors';
import type { FileVersion } from '../../sync/history/fileVersions';
import { revisionDescription, versionDescription } from '../../messages/historyMessages';
import { pickOne } from '../shared/quickInput';
import type { SyncedFolder } from '../workspace/workspaceFolders';
import type { Page } from './pages';
import { revisionLabel } from './rows';

/** Lets the user pick a revision of the tree. Throws cancelled. */
export function pickRevision({ sync }: SyncedFolder, placeHolder: string): Promise<RevisionSummary> {
  return pickFromPages<RevisionSummary>(placeHolder, {
    fetch: async (last) => {
      const { revisions, more } = await sync.history.revisions(last?.number);
      return { items: revisions, more };
    },
    label: (revision) => revisionLabel(revision.number, revision),
    describe: revisionDescription,
  });
}

/**
 * Lets the user pick a version of a file, under any name that it had. Throws cancelled, and not_in_revision if it was
 * never on the server.
 */
export function pickVersion({ sync }: SyncedFolder, path: string, placeHolder: string): Promise<FileVersion> {
  return pickFromPages<FileVersion>(placeHolder, {
    fetch: async (last) => {
      const { versions, more } = await sync.history.versions(path, last);
      if (last === undefined && versions.length === 0) throw neverPushed(path, sync.knownRevision);
      return { items: versions, more };
    },
    label: (version) => revisionLabel(version.revision, version),
    describe: versionDescription,
  });
}

/** Lets the user pick a file or folder of a revision; `''` is the whole tree. Throws cancelled. */
export async function pickPath({ sync }: SyncedFolder, revision: number): Promise<string> {
  const paths = await sync.history.pathsAt(revision);
  const folders = new Set(paths.flatMap((path) => [...parentFolders(path)]));
  folders.delete('');
  const items = [
    { icon: 'root-folder', label: vscode.l10n.t('The whole tree'), path: '' },
    ...sortedNaturally(folders).map((path) => ({ icon: 'folder', label: `${path}/`, path })),
    ...sortedNaturally(paths).map((path) => ({ icon: 'file', label: path, path })),
  ];
  const placeHolder = vscode.l10n.t('Select what to restore from revision {0}', revision);
  const picked = await pickOne(items, { placeHolder });
  if (picked === undefined) throw new PalmtreeError('cancelled', 'no path was picked');
  return picked.path;
}

interface PagedItems<T> {
  readonly fetch: (last: T | undefined) => Promise<Page<T>>;
  readonly label: (item: T) => string;
  readonly describe: (item: T, now: Date) => string;
}

/** Shows the pages so far, with a last row that adds the next one. */
async function pickFromPages<T>(placeHolder: string, { fetch, label, describe }: PagedItems<T>): Promise<T> {
  let items: readonly T[] = [];
  for (;;) {
    const page = await fetch(items.at(-1));
    items = [...items, ...page.items];
    const now = new Date();
    const rows = items.map((item) => ({ label: label(item), description: describe(item, now), item }));
    const more = page.more ? [{ label: vscode.l10n.t('Load More…'), description: '', item: undefined }] : [];
    const picked = await pickOne([...rows, ...more], { placeHolder, matchOnDescription: true });
    if (picked === undefined) throw new PalmtreeError('cancelled', 'nothing was picked');
    if (picked.item !== undefined) return picked.item;
  }
}

function neverPushed(path: string, revision: number): PalmtreeError {
  return new PalmtreeError('not_in_revision', `${path} was never on the server`, {
    details: { paths: [path], subject: String(revision) },
  });
}
