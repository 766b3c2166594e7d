import { runToEnd } from '../cooperativeTask';
import { pathStateSteps, type PathStates } from '../status/pathState';

type Input = Parameters<typeof pathStateSteps>;

/** Runs `pathStateSteps` without pauses; by default, a pull has already found each conflict. */
export function pathStates(
  plan: Input[0],
  problems: Input[1],
  tracked: number,
  isUnpulled: Input[3] = () => false,
): PathStates {
  return runToEnd(pathStateSteps(plan, problems, tracked, isUnpulled));
}
