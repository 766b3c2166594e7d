/** The rules by which a tree keeps revisions. A revision stays if any of them keeps it, as in restic. */
export interface Policy {
  /** Keeps the revisions of this time before the newest one: `90d`, `1y6m`. */
  readonly within?: string;
  /** Keeps this many of the newest revisions. */
  readonly last?: number;
  /** Keeps the newest revision of each of this many hours, days and so on that have any, in UTC. */
  readonly hourly?: number;
  readonly daily?: number;
  readonly weekly?: number;
  readonly monthly?: number;
  readonly yearly?: number;
}

export type PeriodRule = 'hourly' | 'daily' | 'weekly' | 'monthly' | 'yearly';

export const countRules = ['last', 'hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const;

/** Years, months, days and hours, in restic's notation. */
const durationPattern = /^(?:(\d{1,4})y)?(?:(\d{1,5})m)?(?:(\d{1,6})d)?(?:(\d{1,7})h)?$/;

export interface Duration {
  readonly years: number;
  readonly months: number;
  readonly days: number;
  readonly hours: number;
}

/** Undefined if the text is no duration, or an empty one. */
export function parseDuration(text: string): Duration | undefined {
  const [, years = 0, months = 0, days = 0, hours = 0] = (durationPattern.exec(text) ?? []).map((part) =>
    Number(part ?? 0),
  );
  return years + months + days + hours === 0 ? undefined : { years, months, days, hours };
}

/** `within 90d, last 10, daily 30`, or `all`. */
export function policyText(policy: Policy | null): string {
  if (policy === null) return 'all';
  const within = policy.within === undefined ? [] : [`within ${policy.within}`];
  const counts = countRules.flatMap((rule) => (policy[rule] === undefined ? [] : [`${rule} ${policy[rule]}`]));
  return [...within, ...counts].join(', ');
}
