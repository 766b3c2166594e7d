import type { Plan, PlanDirection } from '../../sync/review/plan';
import type { CallOptions } from '../workspace/callOptions';
import { withProgress } from '../shared/notify';
import { setting } from '../shared/settings';
import { withQuestions } from '../sync/runs';
import type { SyncedFolder } from '../workspace/workspaceFolders';

/** Looks on both sides what would be done. Nothing moves. */
export function makePlan(
  owner: SyncedFolder,
  direction: PlanDirection,
  options: CallOptions | undefined,
): Promise<Plan> {
  const { folder, sync } = owner;
  const run = (): Promise<Plan> =>
    withProgress('Palmtree: Review Changes', (reporter) =>
      sync.plan(reporter, direction, { autoMerge: setting('autoMerge', folder.uri) }),
    );
  return withQuestions(run, owner, options);
}
