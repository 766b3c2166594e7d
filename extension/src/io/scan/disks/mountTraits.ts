import { join } from 'node:path';
import type { NameRules } from '../../../core/filenames/nameRules';
import type { FolderIdentity } from '../../store/folderIdentity';

export interface MountProbes {
  /** Whether the disk that is mounted at an absolute path keeps permission bits; by default as the workspace folder's. */
  readonly mountKeepsModes?: ((folder: string) => boolean) | undefined;
  /** The name rules of a disk, by the absolute path at which it is mounted and by its identity; by default unknown. */
  readonly mountNameRules?: ((folder: string, disk: string) => NameRules) | undefined;
}

/** The traits of the disks that are mounted in a workspace folder. */
export class MountTraits {
  /** The mounts whose disk keeps no permission bits. */
  readonly modeless: string[] = [];
  readonly nameRules = new Map<string, NameRules>();
  readonly #root: string;
  readonly #probes: MountProbes;
  readonly #modelessDevices: Set<bigint>;

  /** Devices that keep no permission bits are added to `modelessDevices`. */
  constructor(root: string, probes: MountProbes, modelessDevices: Set<bigint>) {
    this.#root = root;
    this.#probes = probes;
    this.#modelessDevices = modelessDevices;
  }

  add(folder: string, device: bigint, identity: FolderIdentity): void {
    const { mountKeepsModes, mountNameRules } = this.#probes;
    const absolute = join(this.#root, folder);
    const rules = mountNameRules?.(absolute, Object.values(identity).join(' '));
    if (rules !== undefined) this.nameRules.set(folder, rules);
    if (mountKeepsModes?.(absolute) !== false) return;
    this.#modelessDevices.add(device);
    this.modeless.push(folder);
  }
}
