import type { SyncState } from '../session/state';
import type { CommandName } from './ids';
import { percent, plural } from './figures';
import { wordsFor } from './words';

/** What the item shows; a pure function of the states, so that it can be reasoned about. */
export interface Indicator {
  readonly text: string;
  readonly tooltip: string;
  readonly command: CommandName | 'focusView' | undefined;
  readonly background?: 'warning' | 'error';
}

export function indicatorFor(states: readonly SyncState[]): Indicator {
  for (const state of states) {
    const busy = busyIndicator(state);
    if (busy !== undefined) return busy;
  }
  const connected = states.filter(({ kind, binding }) => kind !== 'unconnected' && binding !== undefined);
  if (connected.length === 0) {
    const tooltip = 'Connect this folder to a server to keep files in step.';
    return { text: '$(plug) Palmtree', tooltip, command: 'connect' };
  }
  const halted = connected.find(({ kind }) => kind === 'halted');
  if (halted?.kind === 'halted') return haltedIndicator(halted);
  const sum = (count: keyof SyncState['counts']): number =>
    connected.reduce((total, { counts }) => total + counts[count], 0);
  const [outgoing, incoming, conflicts, problems] = [
    sum('outgoing'),
    sum('incoming'),
    sum('conflicts'),
    sum('problems'),
  ];
  const arrows = [
    outgoing > 0 ? `↑${outgoing}` : '',
    incoming > 0 ? `↓${incoming}` : '',
    problems > 0 ? `⊘${problems}` : '',
  ]
    .filter((arrow) => arrow !== '')
    .join(' ');
  if (conflicts > 0) {
    const text = ['$(warning)', arrows, `!${conflicts}`].filter((part) => part !== '').join(' ');
    const tooltip = `${plural(conflicts, 'file')} changed here and on the server: neither version was touched.`;
    return { text, tooltip, command: 'focusView', background: 'warning' };
  }
  if (arrows === '') {
    return {
      text: '$(check) Palmtree',
      tooltip: inStep(connected),
      command: sum('tracked') > 0 ? 'push' : 'focusView',
    };
  }
  const waiting = [
    outgoing > 0 ? `${plural(outgoing, 'change')} to push` : '',
    incoming > 0 ? `${plural(incoming, 'change')} to pull` : '',
    problems > 0 ? `${plural(problems, 'file')} that cannot be synced` : '',
  ].filter((part) => part !== '');
  const tooltip = `${waiting.join(', ')}.`;
  return {
    text: `$(cloud-upload) ${arrows}`,
    tooltip,
    command: outgoing > 0 ? 'push' : incoming > 0 ? 'pull' : 'focusView',
  };
}

function inStep(connected: readonly SyncState[]): string {
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
  return { text: `$(sync~spin) ${verb}${share}`, tooltip: `${step}.`, command: undefined };
}

function haltedIndicator(state: SyncState & { kind: 'halted' }): Indicator {
  const { text } = wordsFor(state.error);
  if (state.error.code === 'server_unreachable') {
    return { text: '$(debug-disconnect) Palmtree', tooltip: text, command: 'rescan' };
  }
  return { text: '$(warning) Palmtree', tooltip: text, command: 'showLog', background: 'warning' };
}
