import { l10n } from 'vscode';
import type { PlanDirection, PlanEffect, PlanFolder, PlanRow } from '../../sync/review/plan';
import { collisionMessage } from '../../messages/conflictMessage';
import { commaList, fileCount, formatBytes, formatNumber, joined, sentences } from '../../messages/format';
import { heldMessage } from '../../messages/heldMessages';
import { problemMessage } from '../../messages/problemMessages';
import { presentations } from '../views/statusPresentation';
import type { PlanFilter } from './planFilter';
import type { GroupKind } from './planNodes';

const arrows = { push: '↑', pull: '↓' } as const;

type Direction = keyof typeof arrows;

const effects: Readonly<Record<PlanEffect, (row: PlanRow, direction: Direction) => string>> = {
  add: (_row, direction) => (direction === 'push' ? l10n.t('new here') : l10n.t('new on the server')),
  modify: (_row, direction) => (direction === 'push' ? l10n.t('edited here') : l10n.t('edited on the server')),
  delete: (_row, direction) => (direction === 'push' ? l10n.t('deleted here') : l10n.t('deleted on the server')),
  mode: (_row, direction) =>
    direction === 'push' ? l10n.t('permissions changed here') : l10n.t('permissions changed on the server'),
  rename: ({ from = '' }) => l10n.t('renamed from {0}', from),
  merge: () => l10n.t('both changed, merges cleanly'),
  conflict: ({ before, after, ancestor, base }) => collisionMessage({ local: before, remote: after, ancestor }, base),
  held: ({ held }) => (held === undefined ? l10n.t('held until you decide') : heldMessage(held)),
  problem: ({ problem }) => (problem === undefined ? l10n.t("can't be synced") : problemMessage(problem)),
};

const signs: ReadonlyMap<PlanEffect, string> = new Map([
  ['conflict', '!'],
  ['held', '?'],
]);

/** The change in words, such as `edited here`. */
export function effectWords(row: PlanRow): string {
  return effects[row.effect](row, row.direction ?? 'push');
}

/** The direction and the change, such as `↑ edited here`. */
export function effectMessage(row: PlanRow): string {
  const { direction, effect } = row;
  const sign = direction === undefined ? (signs.get(effect) ?? '⊘') : arrows[direction];
  return `${sign} ${effectWords(row)}`;
}

const directionWords: Readonly<Record<Direction, string>> = { push: l10n.t('to push'), pull: l10n.t('to pull') };

/** What happens to the path, for a screen reader: `to push`, `conflict`; empty if the change says it. */
export function directionWord({ direction, effect }: Pick<PlanRow, 'direction' | 'effect'>): string {
  if (direction !== undefined) return directionWords[direction];
  return effect === 'conflict' || effect === 'problem' ? presentations[effect].word : '';
}

const pushReasons: Readonly<Partial<Record<PlanEffect, string>>> = {
  add: l10n.t('Only this machine has it. A push adds it on the server.'),
  modify: l10n.t('Unchanged on the server. A push sends it, and the history keeps the version before.'),
  delete: presentations.deleted.tooltip,
  mode: l10n.t('Only its permissions changed. A push sets them on the server.'),
  rename: l10n.t('Its content is the same. A push renames it on the server and uploads no content.'),
};

const pullReasons: Readonly<Partial<Record<PlanEffect, string>>> = {
  add: l10n.t('Only the server has it. A pull brings it here.'),
  modify: l10n.t('Unchanged here. A pull replaces it and keeps a backup.'),
  delete: l10n.t('Deleted on the server. A pull deletes it here and keeps a backup.'),
  mode: l10n.t('Only its permissions changed. A pull sets them here.'),
  rename: l10n.t('Its content is the same. A pull renames it here.'),
  merge: l10n.t('The changes do not overlap. A pull merges them and keeps a backup of your version.'),
};

/** Why the plan has this row, and what follows from it; empty if the change says it. */
export function reasonMessage(row: PlanRow): string {
  const { direction, effect, before, after, ancestor, base } = row;
  if (effect === 'conflict')
    return l10n.t('Neither change may win by itself. Both versions are kept until you decide.');
  const reason = (direction === 'pull' ? pullReasons : pushReasons)[effect] ?? '';
  if (effect !== 'merge') return reason;
  return joined('\n', collisionMessage({ local: before, remote: after, ancestor }, base), reason);
}

/** The number of changes of each kind, and the bytes of the files whose contents travel. */
export interface PlanSummary {
  readonly counts: ReadonlyMap<PlanEffect, number>;
  readonly bytes: number;
}

export function summaryOf(rows: Iterable<PlanRow>): PlanSummary {
  const counts = new Map<PlanEffect, number>();
  let bytes = 0;
  for (const { effect, after } of rows) {
    counts.set(effect, (counts.get(effect) ?? 0) + 1);
    if (effect === 'add' || effect === 'modify' || effect === 'merge') bytes += after?.size ?? 0;
  }
  return { counts, bytes };
}

/** One text for a single change of a kind, one for several. */
const kinds: readonly (readonly [PlanEffect, () => string, (count: string) => string])[] = [
  ['add', () => l10n.t('1 new'), (count) => l10n.t('{0} new', count)],
  ['modify', () => l10n.t('1 edited'), (count) => l10n.t('{0} edited', count)],
  ['merge', () => l10n.t('1 to merge'), (count) => l10n.t('{0} to merge', count)],
  ['mode', () => l10n.t('1 with other permissions'), (count) => l10n.t('{0} with other permissions', count)],
  ['rename', () => l10n.t('1 renamed'), (count) => l10n.t('{0} renamed', count)],
  ['delete', () => l10n.t('1 deleted'), (count) => l10n.t('{0} deleted', count)],
];

/** `2 edited, 1 deleted · 3.4 kB`. The size is that of the whole files; rsync sends less of edited ones. */
export function summaryMessage(summary: PlanSummary): string {
  return joined(' · ', ...summaryWords(summary));
}

/** The counts, then the size; empty without changes that a command makes. */
export function summaryWords({ counts, bytes }: PlanSummary): readonly string[] {
  const parts = kinds.map(([effect, one, several]) => {
    const count = counts.get(effect) ?? 0;
    return count === 0 ? '' : count === 1 ? one() : several(formatNumber(count));
  });
  return [commaList(parts), bytes === 0 ? '' : formatBytes(bytes)].filter((word) => word !== '');
}

/** The text after the file's name. The folder comes last, since a narrow view cuts off the end. */
export function rowDescription(row: PlanRow): string {
  const folder = folderOf(row.path);
  return folder === '' ? effectMessage(row) : `${effectMessage(row)} · ${folder}`;
}

/** The text for a row in a renamed folder: only the folders between, since the folder's own row gives the effect. */
export function rowInFolderDescription(row: PlanRow, { to }: PlanFolder): string {
  return folderOf(to === '' ? row.path : row.path.slice(to.length + 1));
}

export function folderDescription(folder: PlanFolder): string {
  return `${arrows[folder.direction]} ${joined(' · ', ...folderWords(folder))}`;
}

/** The origin of a renamed folder, and its number of files. */
export function folderWords({ from, rows }: PlanFolder): readonly string[] {
  const origin = from === '' ? l10n.t('renamed from the workspace folder') : l10n.t('renamed from {0}', from);
  return [origin, fileCount(rows.length)];
}

export const groupTitles: Readonly<Record<GroupKind, string>> = {
  push: l10n.t('To Push'),
  pull: l10n.t('To Pull'),
  conflict: l10n.t('Conflicts'),
  problem: l10n.t('Problems'),
  held: l10n.t('Held Until You Decide'),
};

/** The filters that hide changes, as their own words and in the header of the view. */
export const filterTitles: Readonly<Record<PlanFilter, string>> = {
  all: l10n.t('All'),
  push: groupTitles.push,
  pull: groupTitles.pull,
  conflicts: groupTitles.conflict,
  deletions: l10n.t('Deletions'),
};

/** `Deletions only, 5 hidden`; empty without a filter. */
export function filterMessage(filter: PlanFilter, hidden: number): string {
  return filter === 'all' ? '' : l10n.t('{0} only, {1} hidden', filterTitles[filter], formatNumber(hidden));
}

/** A larger group is collapsed at first: drawing rows costs time. */
export const manyRows = 1_000;

/** `3 of 4 checked`; empty if all are. */
export function selectionMessage({ selected, total }: { readonly selected: number; readonly total: number }): string {
  return selected === total ? '' : l10n.t('{0} of {1} checked', formatNumber(selected), formatNumber(total));
}

const checkedNotes: Readonly<Record<PlanDirection, string>> = {
  push: l10n.t('Push the checked changes.'),
  pull: l10n.t('Pull the checked changes.'),
  sync: l10n.t('Sync the checked changes.'),
};

const restNotes: Readonly<Record<PlanDirection, string>> = {
  push: l10n.t('Push the rest, or resolve the conflicts first.'),
  pull: l10n.t('Pull the rest, or resolve the conflicts first.'),
  sync: l10n.t('Sync the rest, or resolve the conflicts first.'),
};

/** Explains a review that opened in place of a command; `rest` is the number of paths that can be synced. */
export function noteFor(direction: PlanDirection, { conflicts, rest }: { conflicts: number; rest: number }): string {
  const unchanged = l10n.t('Nothing has been changed yet.');
  if (conflicts === 0) return sentences(checkedNotes[direction], unchanged);
  const found =
    conflicts === 1
      ? l10n.t('1 file changed here and on the server. Both versions are kept.')
      : l10n.t('{0} files changed here and on the server. Both versions are kept.', formatNumber(conflicts));
  const next = rest > 0 ? restNotes[direction] : l10n.t('Resolve the conflicts in Tracked Files.');
  return sentences(found, next, unchanged);
}

export const outdatedNote = l10n.t('Files changed here or on the server. Refresh to see what is new.');

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
