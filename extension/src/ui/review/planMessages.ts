import { l10n } from 'vscode';
import type { PlanDirection, PlanEffect, PlanFolder, PlanRow } from '../../sync/review/plan';
import { fileCount, formatNumber, sentences } from '../../messages/format';
import { heldMessage } from '../../messages/heldMessages';
import { problemMessage } from '../../messages/problemMessages';
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
  conflict: () => l10n.t('both changed'),
  held: ({ held }) => (held === undefined ? l10n.t('held until you decide') : heldMessage(held)),
  problem: ({ problem }) => (problem === undefined ? l10n.t("can't be synced") : problemMessage(problem)),
};

const signs: ReadonlyMap<PlanEffect, string> = new Map([
  ['conflict', '!'],
  ['held', '?'],
]);

/** The direction and the change, such as `↑ edited here`. */
export function effectMessage(row: PlanRow): string {
  const { direction, effect } = row;
  const sign = direction === undefined ? (signs.get(effect) ?? '⊘') : arrows[direction];
  return `${sign} ${effects[effect](row, direction ?? 'push')}`;
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

export function folderDescription({ from, direction, rows }: PlanFolder): string {
  const origin = from === '' ? l10n.t('renamed from the workspace folder') : l10n.t('renamed from {0}', from);
  return `${arrows[direction]} ${origin} · ${fileCount(rows.length)}`;
}

export const groupTitles: Readonly<Record<GroupKind, string>> = {
  push: l10n.t('To Push'),
  pull: l10n.t('To Pull'),
  conflict: l10n.t('Conflicts'),
  problem: l10n.t('Problems'),
  held: l10n.t('Held Until You Decide'),
};

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
