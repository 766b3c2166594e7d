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

describe('the status bar item', () => {
  it('offers to connect while no folder is connected', () => {
    expect(indicatorFor([{ ...state({}, { kind: 'unconnected' }), binding: undefined }])).toMatchObject({
      text: '$(plug) Palmtree',
      command: 'connect',
    });
  });

  it('counts what is to be pushed, and a click pushes', () => {
    const indicator = indicatorFor([state({ outgoing: 3, tracked: 9 })]);
    expect(indicator).toMatchObject({ text: '$(cloud-upload) ↑3', command: 'push' });
    expect(indicator.tooltip).toBe('3 changes to push.');
  });

  it('syncs at a click when something waits on either side, and says so', () => {
    const indicator = indicatorFor([state({ outgoing: 3, incoming: 1, tracked: 9 })]);
    expect(indicator).toMatchObject({ text: '$(sync) ↑3 ↓1', command: 'sync' });
    expect(indicator.tooltip).toBe('3 changes to push, 1 change to pull. A click syncs: it pulls, then pushes.');
    expect(indicator.background).toBeUndefined();
  });

  it('pulls at a click when only the server has something', () => {
    expect(indicatorFor([state({ incoming: 2 })])).toMatchObject({ text: '$(cloud-download) ↓2', command: 'pull' });
  });

  it('says who pushed what waits, and when', () => {
    const laptop = head('laptop', '2030-01-02T03:01:00Z');
    const one = { ...state({ incoming: 3 }), head: laptop };
    expect(indicatorFor([one])).toMatchObject({
      text: '$(cloud-download) ↓3',
      tooltip: '3 changes to pull, by laptop, 3 minutes ago.',
    });
    const another = { ...state({ incoming: 1, outgoing: 2 }), head: head('desk', '2030-01-02T02:00:00Z') };
    expect(indicatorFor([another, one]).tooltip).toBe(
      '2 changes to push; 4 changes to pull, by laptop, 3 minutes ago. A click syncs: it pulls, then pushes.',
    );
    expect(indicatorFor([{ ...state({ tracked: 4 }), head: laptop }]).tooltip).not.toContain('laptop');
  });

  it('says what was said of the push that waits', () => {
    const told = { ...head('laptop', '2030-01-02T03:01:00Z'), message: 'after the rain\n\nall beds' };
    expect(indicatorFor([{ ...state({ incoming: 1 }), head: told }]).tooltip).toBe(
      '1 change to pull, by laptop, 3 minutes ago: “after the rain”.',
    );
  });

  it('has a small sign for a server that is not heard, and offers the same as before', () => {
    const details = { subject: 'https://sync.example.org', stderr: 'ECONNREFUSED' };
    const offline = new PalmtreeError('server_unreachable', 'x', { details });
    const indicator = indicatorFor([{ ...state({ outgoing: 1 }), offline }]);
    expect(indicator).toMatchObject({ text: '$(cloud-upload) ↑1 $(debug-disconnect)', command: 'push' });
    expect(indicator.tooltip).toContain('https://sync.example.org does not answer');
    expect(indicator.background).toBeUndefined();
  });

  it('adds up the folders of a workspace', () => {
    expect(indicatorFor([state({ outgoing: 1 }), state({ outgoing: 2 })]).text).toBe('$(cloud-upload) ↑3');
  });

  it('warns of conflicts and leads to them', () => {
    const indicator = indicatorFor([state({ conflicts: 1, outgoing: 2 }, { kind: 'conflicted' })]);
    expect(indicator).toMatchObject({ text: '$(warning) ↑2 !1', background: 'warning', command: 'showConflicts' });
  });

  it('says that all is in step, at which revision', () => {
    const indicator = indicatorFor([state({ tracked: 12 })]);
    expect(indicator.text).toBe('$(check) Palmtree');
    expect(indicator.tooltip).toBe('12 files in step with notes at revision 7.');
  });

  it('spins, shows the share done and takes no click while it transfers', () => {
    const progress = { files: 1, totalFiles: 4, bytes: 30, totalBytes: 120, wireBytes: 31 };
    const busy: Activity = { kind: 'transferring', direction: 'push', step: { kind: 'sending', count: 4 }, progress };
    const indicator = indicatorFor([state({ outgoing: 4 }, busy)]);
    expect(indicator).toEqual({
      text: '$(sync~spin) Pushing 25%',
      tooltip: 'Sending 4 files.',
      command: undefined,
    });
  });

  it('tells an unreachable server from a failure that needs the log', () => {
    const details = { subject: 'https://sync.example.org', stderr: 'ECONNREFUSED' };
    const offline = new PalmtreeError('server_unreachable', 'x', { details });
    expect(indicatorFor([state({}, { kind: 'halted', error: offline })])).toMatchObject({ command: 'rescan' });
    const failed = new PalmtreeError('disk_full', 'x');
    expect(indicatorFor([state({}, { kind: 'halted', error: failed })])).toMatchObject({
      command: 'showLog',
      background: 'warning',
    });
  });
});
