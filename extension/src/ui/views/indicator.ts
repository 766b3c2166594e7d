import type { SyncState } from '../../sync/ports/syncState';
import type { CommandName } from '../shared/ids';
import { percent, plural, relativeTime } from '../shared/format';
import { messageFor } from '../shared/errorMessages';
import { stepMessage } from '../shared/progressMessages';

/** What the item shows; a pure function of the states and the time, so that it can be reasoned about. */
export interface Indicator {
  readonly text: string;
  readonly tooltip: string;
  readonly command: CommandName | 'focusView' | undefined;
  readonly background?: 'warning';
}

export function indicatorFor(states: readonly SyncState[], now: Date): Indicator {
  for (const state of states) {
    const busy = busyIndicator(state);
    if (busy !== undefined) return busy;
  }
  const connected = states.filter(({ kind, binding }) => kind !== 'unconnected' && binding !== undefined);
  if (connected.length === 0) {
    const tooltip = 'Connect this folder to a server to keep files in step.';
    return { text: '$(plug) Palmtree', tooltip, command: 'connect' };
  }
  const sum: Sum = (count) => connected.reduce((total, { counts }) => total + counts[count], 0);
  const waits = waiting(sum, newsOf(connected, now));
  const halted = connected.find(({ kind }) => kind === 'halted');
  if (halted?.kind === 'halted') return haltedIndicator(halted, waits);
  return withAbsence(countsIndicator(connected, sum, waits), connected);
}

type Sum = (count: keyof SyncState['counts']) => number;

function countsIndicator(connected: readonly SyncState[], sum: Sum, waits: Waiting): Indicator {
  const [outgoing, incoming, conflicts] = [sum('outgoing'), sum('incoming'), sum('conflicts')];
  if (conflicts > 0) {
    return {
      text: joined('$(warning)', waits.arrows),
      tooltip: waits.words,
      command: 'showConflicts',
      background: 'warning',
    };
  }
  if (waits.arrows === '') return restingIndicator(connected, sum('tracked'));
  if (outgoing > 0 && incoming > 0) {
    // A push alone would be refused.
    const tooltip = `${waits.words} A click syncs: it pulls, then pushes.`;
    return { text: joined('$(sync)', waits.arrows), tooltip, command: 'sync' };
  }
  const icon = outgoing > 0 ? '$(cloud-upload)' : incoming > 0 ? '$(cloud-download)' : '$(warning)';
  const command = outgoing > 0 ? 'push' : incoming > 0 ? 'pull' : 'focusView';
  return { text: joined(icon, waits.arrows), tooltip: waits.words, command };
}

interface Waiting {
  readonly arrows: string;
  readonly words: string;
}

/** `, by laptop, 3 minutes ago: “the message”`, of the newest that was heard of. */
function newsOf(connected: readonly SyncState[], now: Date): string {
  const heads = connected.flatMap(({ head, counts }) => (head !== undefined && counts.incoming > 0 ? [head] : []));
  const [newest] = heads.sort((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt));
  if (newest === undefined) return '';
  const [line = ''] = (newest.message ?? '').split('\n');
  const said = line === '' ? '' : `: “${line}”`;
  return `, by ${newest.author}, ${relativeTime(new Date(newest.createdAt), now)}${said}`;
}

/** A server that cannot be heard is a small sign: nothing waits for the user. */
function withAbsence(indicator: Indicator, connected: readonly SyncState[]): Indicator {
  const offline = connected.find((state) => state.offline !== undefined)?.offline;
  if (offline === undefined) return indicator;
  const tooltip = `${indicator.tooltip}\n\nWhat others push is not heard of. ${messageFor(offline).text}`;
  return { ...indicator, text: joined(indicator.text, '$(debug-disconnect)'), tooltip };
}

function waiting(sum: Sum, news: string): Waiting {
  const parts = [
    { sign: '↑', count: sum('outgoing'), words: 'change', ending: ' to push' },
    { sign: '↓', count: sum('incoming'), words: 'change', ending: ` to pull${news}` },
    { sign: '⊘', count: sum('problems'), words: 'file', ending: ' that cannot be synced' },
    { sign: '!', count: sum('conflicts'), words: 'file', ending: ' changed here and on the server' },
  ].filter(({ count }) => count > 0);
  return {
    arrows: parts.map(({ sign, count }) => `${sign}${count}`).join(' '),
    words: `${parts.map(({ count, words, ending }) => plural(count, words) + ending).join(news === '' ? ', ' : '; ')}.`,
  };
}

function restingIndicator(connected: readonly SyncState[], tracked: number): Indicator {
  if (tracked > 0) return { text: '$(check) Palmtree', tooltip: upToDateTooltip(connected), command: 'push' };
  const tooltip = 'Nothing is tracked yet. Right-click files or folders in the Explorer: Track for sync.';
  return { text: '$(add) Palmtree', tooltip, command: 'focusView' };
}

function joined(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' ');
}

function upToDateTooltip(connected: readonly SyncState[]): string {
  const lines = connected.map(({ binding, revision, counts }) => {
    return `${plural(counts.tracked, 'file')} in step with ${binding?.tree} at revision ${revision}.`;
  });
  return lines.join('\n\n');
}

function busyIndicator(state: SyncState): Indicator | undefined {
  if (state.kind === 'scanning') {
    const tooltip = `Looking for changes: ${plural(state.progress.files, 'file')} so far.`;
    return { text: '$(sync~spin) Palmtree', tooltip, command: undefined };
  }
  if (state.kind !== 'transferring') return undefined;
  const { progress, direction, step } = state;
  const verb = direction === 'push' ? 'Pushing' : 'Pulling';
  const share = progress && progress.totalBytes > 0 ? ` ${percent(progress.bytes, progress.totalBytes)}%` : '';
  return { text: `$(sync~spin) ${verb}${share}`, tooltip: `${stepMessage(step)}.`, command: undefined };
}

function haltedIndicator(state: SyncState & { kind: 'halted' }, { arrows }: Waiting): Indicator {
  const { text } = messageFor(state.error);
  if (state.error.code === 'server_unreachable') {
    return { text: joined('$(debug-disconnect)', arrows || 'Palmtree'), tooltip: text, command: 'rescan' };
  }
  return { text: joined('$(warning)', arrows || 'Palmtree'), tooltip: text, command: 'showLog', background: 'warning' };
}
