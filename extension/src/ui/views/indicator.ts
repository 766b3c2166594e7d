import { l10n } from 'vscode';
import type { SyncState } from '../../sync/ports/syncState';
import { messageFor } from '../shared/errorMessages';
import { fileCount, formatNumber, formatPercent, relativeTime } from '../shared/format';
import type { CommandName } from '../shared/ids';
import { stepMessage } from '../shared/progressMessages';
import { pendingSigns } from './statusPresentation';

/** The content of the status bar item. */
export interface Indicator {
  readonly text: string;
  readonly tooltip: string;
  readonly command: CommandName | 'focusView' | undefined;
  readonly background?: 'warning';
}

type Counts = SyncState['counts'];

/** A pure function of the folders' states and the time. */
export function indicatorFor(states: readonly SyncState[], now: Date): Indicator {
  for (const state of states) {
    const busy = busyIndicator(state);
    if (busy !== undefined) return busy;
  }
  const connected = states.filter(({ kind, binding }) => kind !== 'unconnected' && binding !== undefined);
  if (connected.length === 0) {
    const tooltip = l10n.t('Connect this folder to a server to keep files in sync.');
    return { text: '$(plug) Palmtree', tooltip, command: 'connect' };
  }
  const counts = sumOf(connected);
  const halted = connected.find(({ kind }) => kind === 'halted');
  if (halted?.kind === 'halted') return haltedIndicator(halted, counts);
  return withOfflineSign(countsIndicator(connected, counts, now), connected);
}

function busyIndicator(state: SyncState): Indicator | undefined {
  if (state.kind === 'scanning') {
    const { files } = state.progress;
    const tooltip =
      files === 1
        ? l10n.t('Scanning for changes: 1 file so far.')
        : l10n.t('Scanning for changes: {0} files so far.', formatNumber(files));
    return { text: '$(sync~spin) Palmtree', tooltip, command: undefined };
  }
  if (state.kind !== 'transferring') return undefined;
  const { progress, direction, step } = state;
  const verb = direction === 'push' ? l10n.t('Pushing') : l10n.t('Pulling');
  const done = progress && progress.totalBytes > 0 ? formatPercent(progress.bytes, progress.totalBytes) : '';
  return { text: joined('$(sync~spin)', verb, done), tooltip: stepMessage(step), command: undefined };
}

function haltedIndicator({ error }: SyncState & { kind: 'halted' }, counts: Counts): Indicator {
  const { text } = messageFor(error);
  const label = pendingSigns(counts) || 'Palmtree';
  if (error.code === 'server_unreachable') {
    return { text: joined('$(debug-disconnect)', label), tooltip: text, command: 'rescan' };
  }
  return { text: joined('$(warning)', label), tooltip: text, command: 'showLog', background: 'warning' };
}

function countsIndicator(connected: readonly SyncState[], counts: Counts, now: Date): Indicator {
  const { outgoing, incoming, conflicts } = counts;
  const signs = pendingSigns(counts);
  const tooltip = countsMessage(counts, newestHead(connected), now);
  if (conflicts > 0) {
    return { text: joined('$(warning)', signs), tooltip, command: 'showConflicts', background: 'warning' };
  }
  if (signs === '') return upToDateIndicator(connected, counts.tracked);
  if (outgoing > 0 && incoming > 0) {
    // The server would reject a push without a pull.
    const hint = l10n.t('{0}. Click to pull, then push.', tooltip);
    return { text: joined('$(sync)', signs), tooltip: hint, command: 'sync' };
  }
  const icon = outgoing > 0 ? '$(cloud-upload)' : incoming > 0 ? '$(cloud-download)' : '$(warning)';
  const command = outgoing > 0 ? 'push' : incoming > 0 ? 'pull' : 'focusView';
  return { text: joined(icon, signs), tooltip, command };
}

function upToDateIndicator(connected: readonly SyncState[], tracked: number): Indicator {
  if (tracked === 0) {
    const tooltip = l10n.t(
      'Nothing is tracked yet. Right-click files or folders in the Explorer and choose "Track for sync".',
    );
    return { text: '$(add) Palmtree', tooltip, command: 'focusView' };
  }
  const lines = connected.map(({ binding, revision, counts }) =>
    l10n.t('Up to date with "{0}" (revision {1}): {2}.', binding?.tree ?? '', revision, fileCount(counts.tracked)),
  );
  return { text: '$(check) Palmtree', tooltip: lines.join('\n\n'), command: 'push' };
}

/** Adds only a small sign when no live updates arrive, since the user need not act. */
function withOfflineSign(indicator: Indicator, connected: readonly SyncState[]): Indicator {
  const error = connected.find(({ offline }) => offline !== undefined)?.offline;
  if (error === undefined) return indicator;
  const reason =
    error.code === 'server_unreachable'
      ? l10n.t("Live updates are off: {0} can't be reached. Retrying…", error.details.subject ?? '')
      : l10n.t('Live updates are off. {0}', messageFor(error).text);
  const text = joined(indicator.text, '$(debug-disconnect)');
  return { ...indicator, text, tooltip: `${indicator.tooltip}\n\n${reason}` };
}

/** `2 to push · 4 to pull, by laptop, 3 minutes ago: “the message” · 1 conflict` */
function countsMessage(counts: Counts, head: SyncState['head'], now: Date): string {
  const { outgoing, incoming, problems, conflicts } = counts;
  const parts: string[] = [];
  if (outgoing > 0) parts.push(l10n.t('{0} to push', formatNumber(outgoing)));
  if (incoming > 0) parts.push(incomingMessage(incoming, head, now));
  if (problems > 0) parts.push(l10n.t("{0} can't be synced", formatNumber(problems)));
  if (conflicts === 1) parts.push(l10n.t('1 conflict'));
  if (conflicts > 1) parts.push(l10n.t('{0} conflicts', formatNumber(conflicts)));
  return parts.join(' · ');
}

function incomingMessage(incoming: number, head: SyncState['head'], now: Date): string {
  const count = formatNumber(incoming);
  if (head === undefined) return l10n.t('{0} to pull', count);
  const [line = ''] = (head.message ?? '').split('\n');
  const time = relativeTime(new Date(head.createdAt), now);
  return line === ''
    ? l10n.t('{0} to pull, by {1}, {2}', count, head.author, time)
    : l10n.t('{0} to pull, by {1}, {2}: “{3}”', count, head.author, time, line);
}

function newestHead(connected: readonly SyncState[]): SyncState['head'] {
  const heads = connected.flatMap(({ head, counts }) => (head !== undefined && counts.incoming > 0 ? [head] : []));
  return heads.sort((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt))[0];
}

function sumOf(states: readonly SyncState[]): Counts {
  const sum = (count: keyof Counts): number => states.reduce((total, { counts }) => total + counts[count], 0);
  return {
    tracked: sum('tracked'),
    outgoing: sum('outgoing'),
    incoming: sum('incoming'),
    conflicts: sum('conflicts'),
    problems: sum('problems'),
  };
}

function joined(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' ');
}
