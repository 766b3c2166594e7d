import { entryWith, type Entry } from './entry';

/** An entry as a scan of this disk saw it, with the stats that must be unchanged for its hash to be trusted again. */
export interface Observation extends Entry {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly ctimeNs: bigint;
  /** Changed so close to its hashing that a later write might not show in its stats: the next scan hashes it again. */
  readonly racy: boolean;
}

export function withRacy(observation: Observation, racy: boolean): Observation {
  const { dev, ino, ctimeNs } = observation;
  return { ...entryWith(observation), dev, ino, ctimeNs, racy };
}

export function withMode(observation: Observation, mode: number): Observation {
  const { dev, ino, ctimeNs, racy } = observation;
  return { ...entryWith(observation, { mode }), dev, ino, ctimeNs, racy };
}
