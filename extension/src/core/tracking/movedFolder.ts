import type { Change } from '../change';
import { isInside } from '../paths';

/**
 * The folder to which `changes` move everything in `folder`: each file that they delete there has the same path and the same
 * content in the other one. Undefined if there is none, or several.
 */
export function movedFolder(folder: string, changes: readonly Change[]): string | undefined {
  const gone = changes.filter(({ path, to }) => to === undefined && isInside(path, folder));
  const contents = new Map(changes.flatMap(({ path, to }) => (to === undefined ? [] : [[path, to.hash] as const])));
  const [first] = gone;
  if (first === undefined) return undefined;
  const suffixOf = ({ path }: Change): string => path.slice(folder.length);
  const isMovedTo = (other: string): boolean =>
    gone.every((change) => contents.get(other + suffixOf(change)) === change.from?.hash);
  const candidates = [...contents].flatMap(([path, hash]) =>
    hash === first.from?.hash && path.endsWith(suffixOf(first)) ? [path.slice(0, -suffixOf(first).length)] : [],
  );
  const found = candidates.filter((other) => other !== '' && isMovedTo(other));
  return found.length === 1 ? found[0] : undefined;
}
