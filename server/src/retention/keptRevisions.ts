import { parseDuration, type PeriodRule, type Policy } from './policy';

/** A revision with the time of its commit, in milliseconds since the epoch. */
export interface DatedRevision {
  readonly number: number;
  readonly at: number;
}

const hourMs = 60 * 60 * 1000;
const dayMs = 24 * hourMs;

/** Two times are in the same period if they have the same value. */
const periodOf: Readonly<Record<PeriodRule, (at: number) => string>> = {
  hourly: (at) => new Date(at).toISOString().slice(0, 13),
  daily: (at) => new Date(at).toISOString().slice(0, 10),
  weekly: weekOf,
  monthly: (at) => new Date(at).toISOString().slice(0, 7),
  yearly: (at) => new Date(at).toISOString().slice(0, 4),
};
const periodRules = Object.keys(periodOf) as PeriodRule[];

/**
 * The numbers of the revisions that `policy` keeps, of `revisions`, which are the newest first. The newest one always stays. The
 * rules are restic's (https://restic.readthedocs.io/en/stable/060_forget.html): a rule with a count keeps the newest revision
 * of each period, and also the oldest revision of all while its count is not used up. Periods are those of UTC, so that they
 * do not depend on the process that prunes.
 */
export function keptRevisions(revisions: readonly DatedRevision[], policy: Policy, now: Date): Set<number> {
  const kept = new Set(revisions.slice(0, Math.max(1, policy.last ?? 0)).map(({ number }) => number));
  const start = startOfWithin(revisions, policy, now);
  for (const { number, at } of revisions) if (at > start) kept.add(number);
  for (const rule of periodRules) keepByPeriod(revisions, { rule, count: policy[rule] ?? 0 }, kept);
  return kept;
}

/** The time after which all revisions stay. It counts from the newest revision whose time is not in the future. */
function startOfWithin(revisions: readonly DatedRevision[], { within }: Policy, now: Date): number {
  const duration = within === undefined ? undefined : parseDuration(within);
  if (duration === undefined) return Infinity;
  const latest = revisions.reduce((max, { at }) => (at <= now.getTime() ? Math.max(max, at) : max), -Infinity);
  if (latest === -Infinity) return -Infinity;
  const start = new Date(latest);
  start.setUTCFullYear(start.getUTCFullYear() - duration.years);
  start.setUTCMonth(start.getUTCMonth() - duration.months);
  // A Date cannot be before the year -271821.
  const startMs = Number.isNaN(start.getTime()) ? -Infinity : start.getTime();
  return startMs - duration.days * dayMs - duration.hours * hourMs;
}

function keepByPeriod(
  revisions: readonly DatedRevision[],
  { rule, count }: { readonly rule: PeriodRule; readonly count: number },
  kept: Set<number>,
): void {
  let left = count;
  let last: string | undefined;
  for (const [index, { number, at }] of revisions.entries()) {
    if (left === 0) return;
    const period = periodOf[rule](at);
    if (period === last && index < revisions.length - 1) continue;
    kept.add(number);
    last = period;
    left--;
  }
}

/** The Monday of the week: weeks begin as in ISO 8601. */
function weekOf(at: number): string {
  const day = new Date(at).getUTCDay();
  const sinceMonday = (day + 6) % 7;
  return new Date(at - sinceMonday * dayMs).toISOString().slice(0, 10);
}
