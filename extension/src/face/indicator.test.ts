import { describe, expect, it } from 'vitest';
import { PalmtreeError } from '../errors';
import { nothing, type Activity, type SyncState } from '../session/state';
import { indicatorFor } from './indicator';

function state(counts: Partial<SyncState['counts']> = {}, activity: Activity = { kind: 'idle' }): SyncState {
  const binding = { server: 'https://sync.example.org', tree: 'notes' };
  return { binding, revision: 7, counts: { ...nothing, ...counts }, ...activity };
}

describe('the status bar item', () => {
  it('offers to connect while no folder is connected', () => {
    expect(indicatorFor([{ ...state({}, { kind: 'unconnected' }), binding: undefined }])).toMatchObject({
      text: '$(plug) Palmtree',
      command: 'connect',
    });
  });

  it('counts what waits on either side, and a click pushes', () => {
    const indicator = indicatorFor([state({ outgoing: 3, incoming: 1, tracked: 9 })]);
    expect(indicator).toMatchObject({ text: '$(cloud-upload) ↑3 ↓1', command: 'push' });
    expect(indicator.tooltip).toBe('3 changes to push, 1 change to pull.');
  });

  it('pulls at a click when only the server has something', () => {
    expect(indicatorFor([state({ incoming: 2 })])).toMatchObject({ text: '$(cloud-download) ↓2', command: 'pull' });
  });

  it('adds up the folders of a workspace', () => {
    expect(indicatorFor([state({ outgoing: 1 }), state({ outgoing: 2 })]).text).toBe('$(cloud-upload) ↑3');
  });

  it('warns of conflicts and leads to them', () => {
    const indicator = indicatorFor([state({ conflicts: 1, outgoing: 2 }, { kind: 'conflicted' })]);
    expect(indicator).toMatchObject({ text: '$(warning) ↑2 !1', background: 'warning', command: 'focusView' });
  });

  it('says that all is in step, at which revision', () => {
    const indicator = indicatorFor([state({ tracked: 12 })]);
    expect(indicator.text).toBe('$(check) Palmtree');
    expect(indicator.tooltip).toBe('12 files in step with notes at revision 7.');
  });

  it('spins, shows the share done and takes no click while it transfers', () => {
    const progress = { files: 1, totalFiles: 4, bytes: 30, totalBytes: 120, wireBytes: 31 };
    const busy: Activity = { kind: 'transferring', direction: 'push', step: 'Sending 4 files', progress };
    const indicator = indicatorFor([state({ outgoing: 4 }, busy)]);
    expect(indicator).toEqual({
      text: '$(sync~spin) Pushing 25%',
      tooltip: 'Sending 4 files.',
      command: undefined,
    });
  });

  it('tells an unreachable server from a failure that needs the log', () => {
    const details = { subject: 'https://sync.example.org', stderr: 'ECONNREFUSED' };
    const away = new PalmtreeError('server_unreachable', 'x', { details });
    expect(indicatorFor([state({}, { kind: 'halted', error: away })])).toMatchObject({ command: 'rescan' });
    const failed = new PalmtreeError('disk_full', 'x');
    expect(indicatorFor([state({}, { kind: 'halted', error: failed })])).toMatchObject({
      command: 'showLog',
      background: 'warning',
    });
  });
});
