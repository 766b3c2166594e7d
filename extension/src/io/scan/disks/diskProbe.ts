import { modesProbe } from '../../fs/disk/modesProbe';
import { nameRulesProbe } from '../../fs/disk/nameRules';
import { identityOfFolderSync } from '../../fs/rootFolder';
import type { DiskTraits } from '../scannerPort';

/** Returns a function that probes the disk of `root`, in a thread that may wait for it. Throws root_gone. */
export function diskProbe(root: string): () => DiskTraits {
  const keepsModes = modesProbe(root);
  const nameRules = nameRulesProbe(root);
  return () => ({ identity: identityOfFolderSync(root), keepsModes: keepsModes(), nameRules: nameRules() });
}
