import type { PlanDirection, PlanEffect, PlanFolder, PlanRow } from '../../sync/review/plan';
import type { GroupKind } from './planNodes';
import { plural } from '../shared/format';
import { problemMessage } from '../shared/problemMessages';

const arrows = { push: '↑', pull: '↓' } as const;
const places = { push: 'here', pull: 'on the server' } as const;

const reasons: Readonly<Record<PlanEffect, (row: PlanRow, place: string) => string>> = {
  add: (_row, place) => `new ${place}`,
  modify: (_row, place) => `edited ${place}`,
  delete: (_row, place) => `deleted ${place}`,
  mode: (_row, place) => `permissions changed ${place}`,
  rename: ({ from }) => `renamed from ${from}`,
  merge: () => 'edited on both sides, merges cleanly',
  conflict: () => 'changed here and on the server',
  problem: ({ problem }) => (problem === undefined ? 'cannot be synced' : problemMessage(problem)),
};

/** Which way a path goes and why, such as `↑ edited here`. */
export function reasonOf(row: PlanRow): string {
  const { direction, effect } = row;
  const sign = direction === undefined ? (effect === 'conflict' ? '!' : '⊘') : arrows[direction];
  return `${sign} ${reasons[effect](row, places[direction ?? 'push'])}`;
}

/** What follows the file's name: the reason first, since a narrow view cuts the end. */
export function rowDescription(row: PlanRow): string {
  const folder = folderOf(row.path);
  return folder === '' ? reasonOf(row) : `${reasonOf(row)} · ${folder}`;
}

/** Of a row below a renamed folder: that folder has said why. */
export function rowInFolderDescription(row: PlanRow, { to }: PlanFolder): string {
  return folderOf(to === '' ? row.path : row.path.slice(to.length + 1));
}

export function folderDescription({ from, direction, rows }: PlanFolder): string {
  return `${arrows[direction]} renamed from ${from === '' ? 'the top folder' : from} · ${plural(rows.length, 'file')}`;
}

export const groupTitles: Readonly<Record<GroupKind, string>> = {
  push: 'To push',
  pull: 'To pull',
  conflict: 'Conflicts',
  problem: 'Problems',
};

/** In a group of more rows, what is left out is not counted: each tick would draw them all anew. */
export const manyRows = 1_000;

/** `4`, or `3 of 4` when some are left out. */
export function groupDescription({ taken, all }: { readonly taken: number; readonly all: number }): string {
  const total = all.toLocaleString('en');
  if (taken === all) return total;
  return all > manyRows ? `${total}, some left out` : `${taken.toLocaleString('en')} of ${total}`;
}

/** Why a plan came up where a command was asked for; `rest` is what can move all the same. */
export function noteFor(direction: PlanDirection, { conflicts, rest }: { conflicts: number; rest: number }): string {
  const verb = { push: 'Push', pull: 'Pull', sync: 'Sync' }[direction];
  if (conflicts === 0) return `${verb} what is checked. Nothing has moved so far.`;
  const files = `${plural(conflicts, 'file')} changed here and on the server: neither version is touched.`;
  const next = rest > 0 ? `${verb} the rest, or decide first.` : 'Decide in Tracked Files.';
  return `${files} ${next} Nothing has moved so far.`;
}

export const staleNote = 'Files or the server have changed since. Refresh to see what is new.';

/** The file's name, and for a path at the top all of it. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
