import { runToEnd } from '../cooperativeTask';
import { pathStateSteps, type PathStates } from '../status/pathState';

type Parameters4 = Parameters<typeof pathStateSteps>;

/** Runs `pathStateSteps` without pauses; by default each conflict is one that a pull has found. */
export function pathStates(
  plan: Parameters4[0],
  problems: Parameters4[1],
  tracked: number,
  isUntried: Parameters4[3] = () => false,
): PathStates {
  return runToEnd(pathStateSteps(plan, problems, tracked, isUntried));
}
