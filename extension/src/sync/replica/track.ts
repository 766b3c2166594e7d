import type { Rule } from '../../core/tracking/rule';
import { PalmtreeError } from '../../errors';
import { kindAt } from './kindAt';
import type { Replica } from './replica';

type Kinds = ReadonlyMap<string, Rule['kind']>;

/** The kinds of what is at `paths` on either side. Throws not_trackable with the paths that neither side has. */
export async function kindsAt(replica: Replica, paths: readonly string[]): Promise<Kinds> {
  const found = await Promise.all(paths.map(async (path) => ({ path, kind: await kindAt(replica, path) })));
  const kinds = new Map(found.flatMap(({ path, kind }) => (kind === undefined ? [] : [[path, kind] as const])));
  const missing = paths.filter((path) => !kinds.has(path));
  if (missing.length === 0) return kinds;
  throw new PalmtreeError('not_trackable', `nothing to track at ${missing.join(', ')}`, {
    details: { paths: missing },
  });
}

/** Tracks these files and folders. */
export async function track(replica: Replica, kinds: Kinds, signal: AbortSignal): Promise<void> {
  for (const [path, kind] of kinds) replica.rules.track(path, kind);
  await replica.scan({ signal, only: [...kinds.keys()] });
  await replica.save();
}
