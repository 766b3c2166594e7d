import { expect, it } from 'vitest';
import { EventLog } from '../../../test/support/eventLog';
import { PalmtreeError } from '../../errors';
import type { PullResult } from '../pull/pull';
import { Automation, type AutomationDeps, type PauseReason } from './automation';

it('stops when the server calls each push stale, although each pull brings a new revision', async () => {
  let pushes = 0;
  let revision = 0;
  const pauses = new EventLog<PauseReason>();
  const state = (): unknown => ({ kind: 'idle', counts: { incoming: 0, conflicts: 0 }, revision });
  const pulled = { skipped: [], merged: [], conflicts: [] } as unknown as PullResult;
  const sync = {
    root: '/x',
    get state() {
      return state();
    },
    pathStates: new Map(),
    conflicts: [],
    onDidChangeState: () => ({ dispose: () => undefined }),
    isTracked: () => true,
    push: () => {
      pushes++;
      return Promise.reject(new PalmtreeError('stale_base', 'HTTP 409'));
    },
    pull: () => {
      revision++;
      return Promise.resolve(pulled);
    },
  } as unknown as AutomationDeps['sync'];
  const automation = new Automation({
    sync,
    settings: () => ({ pushOn: 'save', pullOn: 'change' }),
    gitActivity: () => Promise.resolve(undefined),
    pullOptions: () => ({}),
    onPaused: pauses.record,
    onPushed: () => undefined,
    onPulled: () => undefined,
    onDefect: (error) => {
      throw error;
    },
    wait: () => Promise.resolve(),
  });
  automation.saved(['a']);
  expect(await pauses.next()).toMatchObject({ kind: 'failed', direction: 'push', error: { code: 'stale_base' } });
  automation.schedule();
  await new Promise(setImmediate);
  expect([pushes, revision]).toEqual([5, 4]);
  automation.dispose();
});
