import { realpathSync, statSync, type Stats } from 'node:fs';
import { sep } from 'node:path';
import { isInOwnStorage } from '../../core/tracking/ownStorage';
import { errnoOf } from '../fs/errno';

/** Whether the folder at the absolute path, with these stats, is Palmtree's own storage, or lies in it. */
export type OwnFolderTest = (absolute: string, stats: Pick<Stats, 'dev' | 'ino'>) => boolean;

/**
 * Recognises the folders in `storages`, absolute paths, by their inodes, also where a bind mount or a link leads to them.
 * If the workspace folder `root` lies in one of them, every folder is recognised.
 */
export function ownFolderTest(root: string, storages: readonly string[]): OwnFolderTest {
  const real = storages.map(realPathOf).filter((path) => path !== undefined);
  const realRoot = realPathOf(root) ?? root;
  if (isInOwnStorage(realRoot) || real.some((path) => realRoot === path || realRoot.startsWith(path + sep)))
    return () => true;
  const known = new Map(real.map(identityAt).filter((identity) => identity !== undefined));
  if (known.size === 0) return () => false;
  return (absolute, { dev, ino }) => {
    const exact = known.get(keyOf(dev, ino));
    // An inode number above 2 ** 53 is not exact in `ino`.
    return exact !== undefined && identityAt(absolute)?.[1] === exact;
  };
}

function keyOf(dev: number | bigint, ino: number | bigint): string {
  return `${Number(dev)} ${Number(ino)}`;
}

function identityAt(path: string): [key: string, exact: string] | undefined {
  return ifReadable(() => {
    const { dev, ino } = statSync(path, { bigint: true });
    return [keyOf(dev, ino), `${dev} ${ino}`];
  });
}

function realPathOf(path: string): string | undefined {
  return ifReadable(() => realpathSync.native(path));
}

function ifReadable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}
