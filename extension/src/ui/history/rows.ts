import * as vscode from 'vscode';
import type { PathVersion, RevisionSummary } from '../../../../server/src/contract/history';
import { PalmtreeError } from '../../errors';
import { byteSize, relativeTime } from '../shared/format';
import { commandIds } from '../shared/ids';
import type { SyncedFolder } from '../workspace/workspaceFolders';

/** A file as a revision left it. */
export interface FileVersion {
  readonly owner: SyncedFolder;
  readonly path: string;
  readonly revision: number;
  /** Where the version before is found; 0 where there was none. */
  readonly before: number;
  /** It was deleted in the revision. */
  readonly isGone: boolean;
}

/** A row that stands for a version of a file, in either view. */
export interface VersionRow {
  readonly owner: SyncedFolder;
  readonly version: FileVersion;
}

/** The row at the end of a list that goes on. */
export interface MoreRow {
  readonly owner: SyncedFolder;
  readonly loadMore: () => Promise<void>;
}

export function isVersionRow(row: unknown): row is VersionRow {
  return typeof row === 'object' && row !== null && 'version' in row && 'owner' in row;
}

/** Throws nothing_picked. */
export function versionOf(row: unknown): FileVersion {
  if (isVersionRow(row)) return row.version;
  throw new PalmtreeError('nothing_picked', 'no version is picked');
}

export function isMoreRow(row: unknown): row is MoreRow {
  return typeof row === 'object' && row !== null && 'loadMore' in row;
}

export function moreItem(row: MoreRow): vscode.TreeItem {
  const item = new vscode.TreeItem('Load more…');
  item.contextValue = 'more';
  item.command = { command: commandIds.moreHistory, title: 'Load more', arguments: [row] };
  return item;
}

type Push = Pick<RevisionSummary, 'author' | 'createdAt' | 'message'>;

/** `r7 by laptop`. */
export function revisionLabel(revision: number, { author }: Push): string {
  return `r${revision} by ${author}`;
}

/** `3 minutes ago · “the message” · 12 kB`: what is cut off in a narrow view is the size. */
export function versionDescription({ createdAt, message, entry }: PathVersion, now: Date): string {
  const size = entry === null ? 'deleted' : entry.kind === 'symlink' ? 'symbolic link' : byteSize(entry.size);
  return joined(relativeTime(new Date(createdAt), now), quoted(message), size);
}

export function revisionDescription(revision: RevisionSummary, now: Date): string {
  const { createdAt, message, put, deleted, forced } = revision;
  return joined(
    relativeTime(new Date(createdAt), now),
    quoted(message),
    joinedWith(', ', put > 0 ? `${put} changed` : '', deleted > 0 ? `${deleted} deleted` : ''),
    forced ? 'forced' : '',
  );
}

/** With the exact time, and the message whole. */
export function pushTooltip(revision: number, push: Push): string {
  const time = new Date(push.createdAt).toLocaleString();
  const lines = [`Revision ${revision}, pushed by ${push.author}`, time, push.message ?? ''];
  return lines.filter((line) => line !== '').join('\n');
}

function quoted(message: string | null): string {
  const [line = ''] = (message ?? '').split('\n');
  return line === '' ? '' : `“${line}”`;
}

function joined(...parts: readonly string[]): string {
  return joinedWith(' · ', ...parts);
}

function joinedWith(separator: string, ...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(separator);
}

export function nameOf(path: string): string {
  return path.split('/').at(-1) ?? path;
}
