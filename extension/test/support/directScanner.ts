import type { Observation } from '../../src/core/observation';
import { mountModesProbe } from '../../src/io/fs/disk/modesProbe';
import { mountNameRulesProbe } from '../../src/io/fs/disk/nameRules';
import { diskProbe } from '../../src/io/scan/disks/diskProbe';
import { scan } from '../../src/io/scan/scan';
import type { DiskTraits, Scanner, ScanRequest, ScanResult } from '../../src/io/scan/scannerPort';

/** Scans in this thread, where a test can replace modules. */
export class DirectScanner implements Scanner {
  readonly #root: string;
  readonly #probe: () => DiskTraits;
  readonly #mountKeepsModes: (folder: string) => boolean;
  readonly #mountNameRules = mountNameRulesProbe();
  readonly #known: Map<string, Observation>;

  /** `mountKeepsModes` replaces the probe of the disk that is mounted at a folder. */
  constructor(
    root: string,
    known: Iterable<Observation>,
    { mountKeepsModes = mountModesProbe() }: { readonly mountKeepsModes?: (folder: string) => boolean } = {},
  ) {
    this.#root = root;
    this.#mountKeepsModes = mountKeepsModes;
    this.#probe = diskProbe(root);
    this.#known = new Map([...known].map((one) => [one.path, one]));
  }

  update(observations: Iterable<Observation>, removed: Iterable<string>): void {
    for (const path of removed) this.#known.delete(path);
    for (const one of observations) this.#known.set(one.path, one);
  }

  reset(observations: Iterable<Observation>): void {
    this.#known.clear();
    this.update(observations, []);
  }

  async scan({ honorsModes = true, probesMounts, ...request }: ScanRequest): Promise<ScanResult> {
    const options = { root: this.#root, known: this.#known, script: '', stop: new SharedArrayBuffer(4) };
    const mountKeepsModes = probesMounts === true ? this.#mountKeepsModes : undefined;
    const mountNameRules = this.#mountNameRules;
    const found = await scan({ ...request, ...options, honorsModes, mountKeepsModes, mountNameRules });
    this.update(found.changed, found.removed);
    return found;
  }

  probe(): Promise<DiskTraits> {
    return Promise.resolve(this.#probe());
  }

  dispose(): Promise<void> {
    return Promise.resolve();
  }
}
