import { l10n } from 'vscode';
import { isServerAbsent } from '../../errors';
import type { SyncState } from '../../sync/ports/syncState';
import { messageFor } from '../shared/errorMessages';
import {
  cited,
  fileCount,
  formatDuration,
  formatNumber,
  formatPercent,
  joined,
  relativeTime,
  sentences,
} from '../../messages/format';
import { pendingSigns } from '../shared/pendingSigns';
import { pathList } from '../../messages/pathList';
import { pendingWords } from '../../messages/pendingWords';
import type { Action } from '../shared/runAction';
import { trackedViewId } from '../shared/ids';
import { isAwaiting, runningMessage, timeLeftMessage, waitMessage } from '../../messages/progressMessages';
import { httpInsteadMessage } from '../../messages/rsyncMessage';

/** The content of the status bar item. */
export interface Indicator {
  readonly text: string;
  readonly tooltip: string;
  /** The command of a click; undefined while a transfer runs. */
  readonly command: Action['command'] | undefined;
  /** The arguments of the command; by default the folders that it is for. */
  readonly args?: Action['args'];
  /** The folders that the command is for, by their index. */
  readonly targets: readonly number[];
  readonly background?: 'warning';
}

/** The state of a workspace folder. */
export interface FolderState {
  readonly name: string;
  readonly state: SyncState;
}

type Counts = SyncState['counts'];
type ConnectedFolder = FolderState & { readonly index: number };

/** A pure function of the folders' states and the time. */
export function indicatorFor(folders: readonly FolderState[], now: Date): Indicator {
  for (const { state } of folders) {
    const busy = busyIndicator(state, now);
    if (busy !== undefined) return busy;
  }
  const connected = folders
    .map((folder, index) => ({ ...folder, index }))
    .filter(({ state: { kind, binding } }) => kind !== 'unconnected' && binding !== undefined);
  if (connected.length === 0) {
    const tooltip = l10n.t('Connect this folder to a server to keep files in sync.');
    return { text: '$(plug) Palmtree', tooltip, command: 'connect', targets: [] };
  }
  const tooltip = tooltipFor(folders, connected, now);
  const counts = sumOf(connected.map(({ state }) => state));
  for (const { state, index } of connected) {
    if (state.kind === 'halted') return haltedIndicator({ state, index }, counts, tooltip);
  }
  const indicator = withOfflineSign(countsIndicator(connected, { counts, tooltip, now }), connected, now);
  return withCarrier(withPausedSign(withSilentSign(indicator, connected), folders, connected), connected);
}

/** Whether the indicator changes with the time alone, from second to second. */
export function isTimed({ kind, waitingSince, nextTryAt, offline }: SyncState): boolean {
  const isOffline = offline !== undefined && nextTryAt !== undefined;
  return kind === 'transferring' || waitingSince !== undefined || isOffline;
}

function busyIndicator(state: SyncState, now: Date): Indicator | undefined {
  if (state.kind === 'starting') {
    return { text: '$(sync~spin) Palmtree', tooltip: l10n.t('Starting…'), command: undefined, targets: [] };
  }
  if (state.kind === 'scanning') {
    const { files } = state.progress;
    const tooltip =
      files === 1
        ? l10n.t('Scanning for changes: 1 file so far.')
        : l10n.t('Scanning for changes: {0} files so far.', formatNumber(files));
    return { text: '$(sync~spin) Palmtree', tooltip, command: undefined, targets: [] };
  }
  if (state.kind !== 'transferring') return undefined;
  const { progress } = state;
  const hasBytes = progress !== undefined && progress.totalBytes > 0;
  const done = hasBytes ? formatPercent(progress.bytes, progress.totalBytes) : '';
  const left = timeLeftMessage(state, now);
  const amount = left === '' ? done : l10n.t('{0}, {1}', done, left);
  const text = joined(' ', '$(sync~spin)', transferVerb(state, now), amount);
  return { text, tooltip: runningMessage(state, now), command: undefined, targets: [] };
}

function transferVerb(state: SyncState & { kind: 'transferring' }, now: Date): string {
  if (state.progress?.isReconnecting === true) return l10n.t('Reconnecting');
  if (state.progress?.isQueued === true || isAwaiting(state, now)) return l10n.t('Waiting for the server');
  return state.direction === 'push' ? l10n.t('Pushing') : l10n.t('Pulling');
}

function haltedIndicator(
  { state: { error }, index }: { readonly state: SyncState & { kind: 'halted' }; readonly index: number },
  counts: Counts,
  tooltip: string,
): Indicator {
  const [cure] = messageFor(error).actions;
  const label = pendingSigns(counts) || 'Palmtree';
  const { title, command, args }: Action = cure ?? { title: l10n.t('Show Log'), command: 'showLog' };
  const hint = l10n.t('Click: {0}', title);
  const click = { tooltip: `${tooltip}\n\n${hint}`, command, targets: [index], ...(args && { args }) };
  if (isServerAbsent(error)) return { text: joined(' ', '$(debug-disconnect)', label), ...click };
  return { text: joined(' ', '$(warning)', label), ...click, background: 'warning' };
}

interface Shown {
  readonly counts: Counts;
  readonly tooltip: string;
  readonly now: Date;
}

function countsIndicator(connected: readonly ConnectedFolder[], { counts, tooltip, now }: Shown): Indicator {
  const { outgoing, incoming, conflicts } = counts;
  const signs = pendingSigns(counts);
  const having = (...kinds: (keyof Counts)[]): number[] =>
    connected.filter(({ state }) => kinds.some((kind) => state.counts[kind] > 0)).map(({ index }) => index);
  if (conflicts > 0) {
    const targets = having('conflicts');
    return {
      text: joined(' ', '$(warning)', signs),
      tooltip,
      command: 'showConflicts',
      targets,
      background: 'warning',
    };
  }
  if (signs === '') return unchangedIndicator(connected, { tooltip, now });
  if (outgoing > 0 && incoming > 0) {
    const isOnly = connected.length === 1;
    return {
      text: joined(' ', '$(sync)', signs),
      // The server would reject a push without a pull.
      tooltip: isOnly
        ? l10n.t('{0}. Click to pull, then push.', tooltip)
        : `${tooltip}\n\n${l10n.t('Click to pull, then push.')}`,
      command: 'sync',
      targets: having('outgoing', 'incoming'),
    };
  }
  if (outgoing > 0) {
    return { text: joined(' ', '$(cloud-upload)', signs), tooltip, command: 'push', targets: having('outgoing') };
  }
  if (incoming > 0) {
    return { text: joined(' ', '$(cloud-download)', signs), tooltip, command: 'pull', targets: having('incoming') };
  }
  if (counts.held > 0) {
    return { text: joined(' ', '$(question)', signs), tooltip, command: 'pullHeld', targets: having('held') };
  }
  return { text: joined(' ', '$(warning)', signs), tooltip, command: focusView, args: [], targets: [] };
}

const focusView = `${trackedViewId}.focus` as const;

/** Invariant: the check mark is shown only if all files were scanned and the server has responded. */
function unchangedIndicator(connected: readonly ConnectedFolder[], { tooltip, now }: Omit<Shown, 'counts'>): Indicator {
  if (!connected.some(({ state }) => state.isTracking))
    return { text: '$(add) Palmtree', tooltip, command: focusView, args: [], targets: [] };
  const targets = connected.map(({ index }) => index);
  const states = connected.map(({ state }) => state);
  if (states.some((state) => isWaiting(state, now))) {
    return { text: '$(sync~spin) Palmtree', tooltip, command: undefined, targets: [] };
  }
  // The sign for the absent server is added.
  if (states.some(({ offline }) => offline !== undefined))
    return { text: 'Palmtree', tooltip, command: 'rescan', targets };
  if (!states.every(({ isChecked }) => isChecked))
    return { text: '$(sync) Palmtree', tooltip, command: 'rescan', targets };
  return { text: '$(check) Palmtree', tooltip, command: 'push', targets };
}

/** Most responses take a fraction of this. */
const shownWaitMs = 1_000;

function isWaiting({ waitingSince, isChecked }: SyncState, now: Date): boolean {
  return waitingSince !== undefined && (!isChecked || now.getTime() - waitingSince >= shownWaitMs);
}

/** Adds only a small sign when no live updates arrive, since the user need not act. */
function withOfflineSign(indicator: Indicator, connected: readonly ConnectedFolder[], now: Date): Indicator {
  const offline = connected.find(({ state }) => state.offline !== undefined)?.state;
  if (offline?.offline === undefined) return indicator;
  const { text: reason } = messageFor(offline.offline);
  const parts = [l10n.t('Live updates are off. {0}', reason)];
  if (offline.nextTryAt !== undefined) parts.push(nextTryMessage(offline.nextTryAt, now));
  const text = joined(' ', indicator.text, '$(debug-disconnect)');
  return { ...indicator, text, tooltip: `${indicator.tooltip}\n\n${sentences(...parts)}` };
}

/** Only pulls and backups need the disk, so the command of a click stays. */
function withSilentSign(indicator: Indicator, connected: readonly ConnectedFolder[]): Indicator {
  const silent = connected.find(({ state }) => state.silentFolder !== undefined)?.state.silentFolder;
  if (silent === undefined) return indicator;
  const sentence = l10n.t('The disk of {0} does not respond. Until it does, a pull or a restore has to wait.', silent);
  const text = joined(' ', indicator.text, '$(warning)');
  return { ...indicator, text, tooltip: `${indicator.tooltip}\n\n${sentence}` };
}

/** The user has paused the automation, and should not forget it. With several folders, names them. */
function withPausedSign(
  indicator: Indicator,
  folders: readonly FolderState[],
  connected: readonly ConnectedFolder[],
): Indicator {
  const paused = connected.filter(({ state }) => state.isAutomationPaused === true);
  if (paused.length === 0) return indicator;
  const names = pathList(paused.map(({ name }) => name));
  const sentence =
    folders.length === 1
      ? l10n.t('Automation is paused: until you resume it, Palmtree pushes and pulls only when you run a command.')
      : l10n.t(
          'Automation is paused in {0}: until you resume it, Palmtree pushes and pulls only when you run a command.',
          names,
        );
  const text = joined(' ', indicator.text, '$(debug-pause)');
  return { ...indicator, text, tooltip: `${indicator.tooltip}\n\n${sentence}` };
}

/** Says why files travel over HTTP. That is no fault, so the bar has no sign for it. */
function withCarrier(indicator: Indicator, connected: readonly ConnectedFolder[]): Indicator {
  const rsync = connected.find(({ state }) => state.unusableRsync !== undefined)?.state.unusableRsync;
  if (rsync === undefined) return indicator;
  return { ...indicator, tooltip: `${indicator.tooltip}\n\n${httpInsteadMessage(rsync)}` };
}

function nextTryMessage(nextTryAt: number, now: Date): string {
  const seconds = (nextTryAt - now.getTime()) / 1000;
  return seconds > 0 ? l10n.t('Next try in {0}.', formatDuration(seconds)) : l10n.t('Trying again…');
}

/** A tooltip as one paragraph, for screen readers. */
export function spoken(tooltip: string): string {
  const [last = '', ...before] = tooltip.split('\n\n').reverse();
  const ended = before.map((text) => (/[.!?…”。！？]$/.test(text) ? text : l10n.t('{0}.', text)));
  return sentences(...ended.reverse(), last);
}

/** With several folders, a line for each. */
function tooltipFor(folders: readonly FolderState[], connected: readonly ConnectedFolder[], now: Date): string {
  const [only] = connected;
  if (folders.length === 1 && only !== undefined) return folderMessage(only.state, now);
  const isConnected = (index: number): boolean => connected.some((folder) => folder.index === index);
  return folders
    .map(({ name, state }, index) => {
      const message = isConnected(index) ? folderMessage(state, now) : l10n.t('not connected');
      return l10n.t('{0}: {1}', name, message);
    })
    .join('\n\n');
}

function folderMessage(state: SyncState, now: Date): string {
  const { binding, revision, counts, head } = state;
  if (state.kind === 'halted') {
    const { text } = messageFor(state.error);
    const isRetried = isServerAbsent(state.error) && state.nextTryAt !== undefined;
    return isRetried ? sentences(text, nextTryMessage(state.nextTryAt, now)) : text;
  }
  if (pendingSigns(counts) !== '') return countsMessage(counts, head, now);
  if (!state.isTracking) {
    return l10n.t('Nothing is tracked yet. Right-click files or folders in the Explorer and choose "Track for sync".');
  }
  const tree = binding?.tree ?? '';
  if (state.waitingSince !== undefined && isWaiting(state, now)) return waitMessage(state.waitingSince, now);
  if (!state.isChecked) return l10n.t('No changes here. The server has not been asked for its changes yet.');
  if (state.offline !== undefined) {
    return l10n.t('No changes here. "{0}" was at revision {1} when the server last responded.', tree, revision);
  }
  return l10n.t('Up to date with "{0}" (revision {1}): {2}.', tree, revision, fileCount(counts.tracked));
}

/** `2 to push · 4 to pull, by laptop, 3 minutes ago: “the message” · 1 conflict` */
function countsMessage(counts: Counts, head: SyncState['head'], now: Date): string {
  const { outgoing, incoming, problems, conflicts, held } = counts;
  const none = { outgoing: 0, incoming: 0, problems: 0, conflicts: 0, held: 0 };
  return [
    ...pendingWords({ ...none, outgoing }),
    ...(incoming > 0 ? [incomingMessage(incoming, head, now)] : []),
    ...pendingWords({ ...none, problems, conflicts, held }),
  ].join(' · ');
}

function incomingMessage(incoming: number, head: SyncState['head'], now: Date): string {
  const count = formatNumber(incoming);
  if (head === undefined) return l10n.t('{0} to pull', count);
  const [line = ''] = (head.message ?? '').split('\n');
  const time = relativeTime(new Date(head.createdAt), now);
  return line === ''
    ? l10n.t('{0} to pull, by {1}, {2}', count, head.author, time)
    : l10n.t('{0} to pull, by {1}, {2}: {3}', count, head.author, time, cited(line));
}

function sumOf(states: readonly SyncState[]): Counts {
  const sum = (count: keyof Counts): number => states.reduce((total, { counts }) => total + counts[count], 0);
  return {
    tracked: sum('tracked'),
    outgoing: sum('outgoing'),
    incoming: sum('incoming'),
    conflicts: sum('conflicts'),
    problems: sum('problems'),
    held: sum('held'),
  };
}
