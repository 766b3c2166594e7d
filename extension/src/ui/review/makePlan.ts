import * as vscode from 'vscode';
import type { Plan, PlanDirection } from '../../sync/review/plan';
import { mergeSetting } from '../shared/settings';
import { withProgress } from '../shared/withProgress';
import { withConfirmations, type Confirmed } from '../sync/runs';
import type { CallOptions } from '../workspace/callOptions';
import type { SyncedFolder } from '../workspace/workspaceFolders';

/** Plans a push, a pull or both. Neither side changes. */
export function makePlan(
  owner: SyncedFolder,
  direction: PlanDirection,
  options: CallOptions | undefined,
): Promise<Plan> {
  const { folder, sync } = owner;
  const run = ({ comparesAnew }: Confirmed): Promise<Plan> =>
    withProgress(vscode.l10n.t('Palmtree: Review Changes'), (reporter) =>
      sync.plan(reporter, direction, { autoMerge: mergeSetting(folder.uri), comparesAnew }),
    );
  return withConfirmations(run, owner, options, 'pull');
}
