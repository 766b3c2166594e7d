import { describe, expect, it } from 'vitest';
import { PalmtreeError } from '../../errors';
import { noCounts, type Activity, type SyncState } from '../../sync/ports/syncState';
import { indicatorFor as indicatorAt } from './indicator';

function state(counts: Partial<SyncState['counts']> = {}, activity: Activity = { kind: 'idle' }): SyncState {
  const binding = { server: 'https://sync.example.org', tree: 'notes' };
  return { binding, revision: 7, counts: { ...noCounts, ...counts }, ...activity };
}

const now = new Date('2030-01-02T03:04:05Z');
const indicatorFor = (states: readonly SyncState[]) => indicatorAt(states, now);
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

  it('names who pushed the newest changes, and when', () => {
    const laptop = head('laptop', '2030-01-02T03:01:00Z');
    const one = { ...state({ incoming: 3 }), head: laptop };
    expect(indicatorFor([one])).toMatchObject({
      text: '$(cloud-download) ↓3',
      tooltip: '3 to pull, by laptop, 3 minutes ago',
    });
    const another = { ...state({ incoming: 1, outgoing: 2 }), head: head('desk', '2030-01-02T02:00:00Z') };
    expect(indicatorFor([another, one]).tooltip).toBe(
      '2 to push · 4 to pull, by laptop, 3 minutes ago. Click to pull, then push.',
    );
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
    expect(indicator.tooltip).toContain("Live updates are off: https://sync.example.org can't be reached.");
    expect(indicator.background).toBeUndefined();
  });

  it('adds up the folders of a workspace', () => {
    expect(indicatorFor([state({ outgoing: 1 }), state({ outgoing: 2 })]).text).toBe('$(cloud-upload) ↑3');
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

  it('spins, shows the percentage and has no command during a transfer', () => {
    const progress = { files: 1, totalFiles: 4, bytes: 30, totalBytes: 120, wireBytes: 31 };
    const step = { kind: 'sending', count: 4 } as const;
    const indicator = indicatorFor([
      state({ outgoing: 4 }, { kind: 'transferring', direction: 'push', step, progress }),
    ]);
    expect(indicator).toEqual({
      text: '$(sync~spin) Pushing 25%',
      tooltip: 'Sending 4 files',
      command: undefined,
    });
  });

  it('distinguishes an unreachable server from a failure that needs the log', () => {
    expect(indicatorFor([state({}, { kind: 'halted', error: unreachable() })])).toMatchObject({ command: 'rescan' });
    const failed = new PalmtreeError('disk_full', 'x');
    expect(indicatorFor([state({}, { kind: 'halted', error: failed })])).toMatchObject({
      command: 'showLog',
      background: 'warning',
    });
  });
});
