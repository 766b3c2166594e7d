import { describe, expect, it } from 'vitest';
import { PalmtreeError } from '../../errors';
import { noCounts, type Activity, type SyncState } from '../../sync/ports/syncState';
import { indicatorFor as indicatorAt, spoken } from './indicator';

function state(counts: Partial<SyncState['counts']> = {}, activity: Activity = { kind: 'idle' }): SyncState {
  const binding = { server: 'https://sync.example.org', tree: 'notes' };
  return { binding, isTracking: true, revision: 7, counts: { ...noCounts, ...counts }, isChecked: true, ...activity };
}

const now = new Date('2030-01-02T03:04:05Z');
const names = ['garden', 'kitchen', 'attic'];
const indicatorFor = (states: readonly SyncState[]) =>
  indicatorAt(
    states.map((each, index) => ({ name: names[index] ?? '', state: each })),
    now,
  );
const head = (author: string, createdAt: string) => ({ revision: 8, author, createdAt });

function unreachable(): PalmtreeError {
  const details = { subject: 'https://sync.example.org', reason: 'ECONNREFUSED' };
  return new PalmtreeError('server_unreachable', 'x', { details });
}

describe('the status bar item', () => {
  it('offers to connect while no folder is connected', () => {
    expect(indicatorFor([{ ...state({}, { kind: 'unconnected' }), binding: undefined }])).toMatchObject({
      text: '$(plug) Palmtree',
      command: 'connect',
    });
  });

  it('counts the changes to push, and a click pushes', () => {
    const indicator = indicatorFor([state({ outgoing: 3, tracked: 9 })]);
    expect(indicator).toMatchObject({ text: '$(cloud-upload) ↑3', command: 'push' });
    expect(indicator.tooltip).toBe('3 to push');
  });

  it('syncs on a click when both sides have changes, and says so', () => {
    const indicator = indicatorFor([state({ outgoing: 3, incoming: 1, tracked: 9 })]);
    expect(indicator).toMatchObject({ text: '$(sync) ↑3 ↓1', command: 'sync' });
    expect(indicator.tooltip).toBe('3 to push · 1 to pull. Click to pull, then push.');
    expect(indicator.background).toBeUndefined();
  });

  it('pulls on a click when only the server has changes', () => {
    expect(indicatorFor([state({ incoming: 2 })])).toMatchObject({ text: '$(cloud-download) ↓2', command: 'pull' });
  });

  it('says why files travel over HTTP', () => {
    const unusableRsync = { command: 'rsync', fault: 'openrsync', install: undefined } as const;
    const { text, tooltip } = indicatorFor([{ ...state({ tracked: 1 }), unusableRsync }]);
    expect(text).toBe('$(check) Palmtree');
    expect(tooltip.split('\n\n')[1]).toBe(
      '"rsync" is openrsync, which Palmtree cannot use. Files are transferred over HTTP instead.',
    );
  });

  it('names who pushed the newest changes, and when', () => {
    const laptop = head('laptop', '2030-01-02T03:01:00Z');
    const one = { ...state({ incoming: 3 }), head: laptop };
    expect(indicatorFor([one])).toMatchObject({
      text: '$(cloud-download) ↓3',
      tooltip: '3 to pull, by laptop, 3 minutes ago',
    });
    const another = { ...state({ incoming: 1, outgoing: 2 }), head: head('desk', '2030-01-02T02:00:00Z') };
    expect(indicatorFor([another, one]).tooltip.split('\n\n')).toEqual([
      'garden: 2 to push · 1 to pull, by desk, 1 hour ago',
      'kitchen: 3 to pull, by laptop, 3 minutes ago',
      'Click to pull, then push.',
    ]);
    expect(indicatorFor([{ ...state({ tracked: 4 }), head: laptop }]).tooltip).not.toContain('laptop');
  });

  it("shows the first line of the push's message", () => {
    const withMessage = { ...head('laptop', '2030-01-02T03:01:00Z'), message: 'after the rain\n\nall beds' };
    expect(indicatorFor([{ ...state({ incoming: 1 }), head: withMessage }]).tooltip).toBe(
      '1 to pull, by laptop, 3 minutes ago: “after the rain”',
    );
  });

  it('adds a small sign when the server is offline, and keeps its command', () => {
    const indicator = indicatorFor([{ ...state({ outgoing: 1 }), offline: unreachable() }]);
    expect(indicator).toMatchObject({ text: '$(cloud-upload) ↑1 $(debug-disconnect)', command: 'push' });
    expect(indicator.tooltip).toContain("Live updates are off. https://sync.example.org can't be reached.");
    expect(indicator.background).toBeUndefined();
  });

  it('names a folder of Palmtree whose disk does not respond, and keeps its command', () => {
    const silentFolder = '/home/ada/storage/backups';
    const indicator = indicatorFor([state({ outgoing: 1 }), { ...state(), silentFolder }]);
    expect(indicator).toMatchObject({ text: '$(cloud-upload) ↑1 $(warning)', command: 'push' });
    expect(indicator.tooltip).toContain('The disk of /home/ada/storage/backups does not respond.');
  });

  it('shows that the user has paused the automation, and keeps its command', () => {
    const paused = { ...state({ outgoing: 1 }), isAutomationPaused: true };
    expect(indicatorFor([paused])).toMatchObject({ text: '$(cloud-upload) ↑1 $(debug-pause)', command: 'push' });
    expect(indicatorFor([paused]).tooltip).toContain('Automation is paused: until you resume it');
    expect(indicatorFor([state(), paused]).tooltip).toContain('Automation is paused in kitchen');
  });

  it('adds up the folders of a workspace, and a click is for those that have something to do', () => {
    const attic = { ...state({}, { kind: 'unconnected' }), binding: undefined };
    const three = [state({ tracked: 1 }), state({ outgoing: 2 }), attic];
    expect(indicatorFor(three)).toMatchObject({ text: '$(cloud-upload) ↑2', command: 'push', targets: [1] });
    expect(indicatorFor(three).tooltip.split('\n\n')).toEqual([
      'garden: Up to date with "notes" (revision 7): 1 file.',
      'kitchen: 2 to push',
      'attic: not connected',
    ]);
    const two = [state({ outgoing: 1 }), state({ outgoing: 2 }), attic];
    expect(indicatorFor(two)).toMatchObject({ text: '$(cloud-upload) ↑3', targets: [0, 1] });
    expect(indicatorFor([attic, state({ incoming: 1 })])).toMatchObject({ command: 'pull', targets: [1] });
    const conflict = state({ conflicts: 1 }, { kind: 'conflicted' });
    expect(indicatorFor([state(), conflict])).toMatchObject({ command: 'showConflicts', targets: [1] });
  });

  it('warns of conflicts, and a click shows them', () => {
    const indicator = indicatorFor([state({ conflicts: 1, outgoing: 2, problems: 3 }, { kind: 'conflicted' })]);
    expect(indicator).toMatchObject({ text: '$(warning) ↑2 ⊘3 !1', background: 'warning', command: 'showConflicts' });
    expect(indicator.tooltip).toBe("2 to push · 3 can't be synced · 1 conflict");
  });

  it('names the tree and revision that it is up to date with', () => {
    const indicator = indicatorFor([state({ tracked: 12 })]);
    expect(indicator.text).toBe('$(check) Palmtree');
    expect(indicator.tooltip).toBe('Up to date with "notes" (revision 7): 12 files.');
  });

  it('says that nothing is tracked only if no rule tracks', () => {
    const untracked = indicatorFor([{ ...state(), isTracking: false }]);
    expect(untracked).toMatchObject({
      text: '$(add) Palmtree',
      tooltip: expect.stringContaining('Nothing is tracked'),
    });
    const empty = indicatorFor([state()]);
    expect(empty).toMatchObject({ text: '$(check) Palmtree', tooltip: expect.stringContaining('0 files') });
  });

  it('spins, shows the percentage and has no command during a transfer', () => {
    const progress = { files: 1, totalFiles: 4, bytes: 30, totalBytes: 120, wireBytes: 31 };
    const step = { kind: 'sending', count: 4 } as const;
    const indicator = indicatorFor([
      state({ outgoing: 4 }, { kind: 'transferring', direction: 'push', step, progress, since: now.getTime() }),
    ]);
    expect(indicator).toEqual({
      text: '$(sync~spin) Pushing 25%',
      tooltip: 'Sending 4 files: 25%, 1 of 4 files, 30 bytes of 120 bytes',
      command: undefined,
      targets: [],
    });
  });

  it.each([
    ['server_unreachable', 'tryAgain', undefined],
    ['unauthorized', 'connect', undefined],
    ['rsync_missing', 'workbench.action.openSettings', ['palmtree.rsyncPath']],
    ['tree_not_found', 'createTree', undefined],
    ['disk_full', 'tryAgain', undefined],
    ['invalid_request', 'showLog', undefined],
  ] as const)('does the cure of %s on a click, in the folder that it halted, and names it', (code, command, args) => {
    const halted = state({ outgoing: 1 }, { kind: 'halted', error: new PalmtreeError(code, 'x') });
    const indicator = indicatorFor([state({ tracked: 1 }), halted]);
    expect(indicator).toMatchObject({ command, targets: [1] });
    expect(indicator.args).toEqual(args);
    expect(indicator.tooltip).toMatch(/\n\nClick: \S/);
    expect(indicator.background).toBe(code === 'server_unreachable' ? undefined : 'warning');
  });

  describe('says nothing that it does not know', () => {
    const tracking = (over: Partial<SyncState>): SyncState => ({ ...state({ tracked: 12 }), ...over }) as SyncState;
    const at = (secondsAgo: number): number => now.getTime() - secondsAgo * 1_000;

    it('while the folder is opened', () => {
      const indicator = indicatorFor([{ ...state({ tracked: 12 }, { kind: 'starting' }), isChecked: false }]);
      expect(indicator).toMatchObject({ text: '$(sync~spin) Palmtree', tooltip: 'Starting…', command: undefined });
    });

    it('while it waits for the server for the first time', () => {
      expect(indicatorFor([tracking({ isChecked: false, waitingSince: at(12) })])).toMatchObject({
        text: '$(sync~spin) Palmtree',
        tooltip: 'Waiting for the server (12 sec)',
      });
    });

    it('when the server was not asked', () => {
      const indicator = indicatorFor([tracking({ isChecked: false })]);
      expect(indicator).toMatchObject({ text: '$(sync) Palmtree', command: 'rescan' });
      expect(indicator.tooltip).toContain('has not been asked');
    });

    it('while the server is gone', () => {
      const indicator = indicatorFor([tracking({ offline: unreachable(), nextTryAt: at(-4) })]);
      expect(indicator).toMatchObject({ text: 'Palmtree $(debug-disconnect)', command: 'rescan' });
      expect(indicator.tooltip).toContain('"notes" was at revision 7 when the server last responded.');
      expect(indicator.tooltip).toContain('Next try in 4 sec.');
      expect(indicator.tooltip).not.toContain('Up to date');
    });

    it('while a new revision is being fetched for long', () => {
      expect(indicatorFor([tracking({ waitingSince: at(0.2) })]).text).toBe('$(check) Palmtree');
      expect(indicatorFor([tracking({ waitingSince: at(2) })]).text).toBe('$(sync~spin) Palmtree');
    });

    it('when a command has found the server gone', () => {
      const halted = state({ outgoing: 1 }, { kind: 'halted', error: unreachable() });
      expect(indicatorFor([{ ...halted, nextTryAt: at(-3) }]).tooltip).toContain('Next try in 3 sec.');
      expect(indicatorFor([{ ...halted, nextTryAt: at(1) }]).tooltip).toContain('Trying again…');
    });
  });

  describe('shows during a command', () => {
    const progress = { files: 1, totalFiles: 4, bytes: 31, totalBytes: 100, wireBytes: 31 };
    const running = (over: object): SyncState =>
      state(
        { outgoing: 4 },
        { kind: 'transferring', direction: 'push', step: { kind: 'sending', count: 4 }, progress, since: 0, ...over },
      );
    const since = now.getTime() - 8_000;

    it.each([
      ['awaitingServer', 'Waiting for the server (8 sec)'],
      ['fetchingChanges', 'Fetching changes from the server (8 sec)'],
      ['committing', 'The server is verifying the files (8 sec)'],
      ['awaitingCommit', 'The server is still busy with this push (8 sec)'],
      ['scanning', 'Scanning for changes'],
    ] as const)('how long the step %s lasts, if it waits for the server', (kind, tooltip) => {
      expect(indicatorFor([running({ step: { kind }, progress: undefined, since })]).tooltip).toBe(tooltip);
      const begun = indicatorFor([running({ step: { kind }, progress: undefined, since: now.getTime() })]);
      expect(begun.tooltip).toBe(tooltip.replace(' (8 sec)', ''));
    });

    it('the speed and the time left, once they are known', () => {
      const known = { ...progress, bytes: 31e6, totalBytes: 100e6, bytesPerSecond: 1.5e6 };
      const indicator = indicatorFor([running({ progress: known, since: now.getTime() })]);
      expect(indicator.text).toBe('$(sync~spin) Pushing 31%, 46 sec left');
      expect(indicator.tooltip).toBe('Sending 4 files: 31%, 1 of 4 files, 31.0 MB of 100.0 MB, 1.5 MB/s, 46 sec left');
      expect(indicatorFor([running({ progress: known, since })]).text).toBe('$(sync~spin) Pushing 31%');
      const lost = { ...known, isReconnecting: true };
      expect(indicatorFor([running({ progress: lost, since: now.getTime() })]).text).not.toContain('left');
    });

    it('at what percent it reconnects', () => {
      const indicator = indicatorFor([running({ progress: { ...progress, isReconnecting: true }, since })]);
      expect(indicator.text).toBe('$(sync~spin) Reconnecting 31%');
      expect(indicator.tooltip).toContain('The connection was lost at 31%');
    });

    it('that it waits for its turn', () => {
      const indicator = indicatorFor([running({ progress: { ...progress, isQueued: true }, since })]);
      expect(indicator.text).toBe('$(sync~spin) Waiting for the server 31%');
      expect(indicator.tooltip).toContain('other transfers of this token');
    });

    it('that it waits for the server, once that takes long', () => {
      const step = { kind: 'awaitingServer' } as const;
      const waiting = running({ step, progress: undefined, since });
      expect(indicatorFor([waiting]).text).toBe('$(sync~spin) Waiting for the server');
      const begun = running({ step, progress: undefined, since: now.getTime() });
      expect(indicatorFor([begun]).text).toBe('$(sync~spin) Pushing');
    });

    it('that no data moves', () => {
      expect(indicatorFor([running({ since })]).tooltip).toContain('No data for 8 sec');
      expect(indicatorFor([running({ since: now.getTime() })]).tooltip).not.toContain('No data');
    });
  });
});

describe('the text for screen readers', () => {
  it.each([
    ['1 to pull', '1 to pull'],
    ['desk: Up to date.\n\nkitchen: not connected', 'desk: Up to date. kitchen: not connected'],
    ['kitchen: not connected\n\nClick: Connect…', 'kitchen: not connected. Click: Connect…'],
    ['Trying again…\n\nNext', 'Trying again… Next'],
  ])('of %j ends each sentence once', (tooltip, expected) => {
    expect(spoken(tooltip)).toBe(expected);
  });
});
