import { lstatSync, rmSync } from 'node:fs';
import { tellFault, type OnFault } from './diskFault';
import { freeableFile, noUsage, type Usage } from './usage';

/** Removes a file that has not changed since `before`. Returns what that frees, or in a dry run would free. */
export function removeLeftover(
  file: string,
  before: Date,
  { dryRun, onFault }: { readonly dryRun: boolean; readonly onFault: OnFault },
): Usage {
  try {
    if ((lstatSync(file, { throwIfNoEntry: false })?.ctime ?? before) >= before) return noUsage;
    const freed = freeableFile(file);
    if (!dryRun) rmSync(file, { force: true });
    return freed;
  } catch (error) {
    tellFault(error, onFault);
    return noUsage;
  }
}
