import { InvalidArgumentError, type Command } from 'commander';
import { treeKeepTask } from '../../administration/treeKeep';
import { OperatorError } from '../../errors';
import { countRules, policyText, type Policy } from '../../retention/policy';
import { taskOptions, type TaskOptions, type TaskRunner } from '../taskOptions';

interface KeepOptions extends TaskOptions {
  readonly all?: true;
  readonly keepWithin?: string;
  readonly keepLast?: number;
  readonly keepHourly?: number;
  readonly keepDaily?: number;
  readonly keepWeekly?: number;
  readonly keepMonthly?: number;
  readonly keepYearly?: number;
}

const titles = {
  last: 'keep the last n revisions',
  hourly: 'keep the last revision of each of n hours',
  daily: 'keep the last revision of each of n days',
  weekly: 'keep the last revision of each of n weeks',
  monthly: 'keep the last revision of each of n months',
  yearly: 'keep the last revision of each of n years',
} as const;

/** Adds `tree keep`, with the options of restic's forget. */
export function addKeepCommand(tree: Command, run: TaskRunner, print: (line: string) => void): void {
  const command = taskOptions(tree.command('keep <name>'))
    .description('choose the revisions that a tree keeps; without options, show them')
    .option('--all', 'keep all revisions, as a new tree does')
    .option('--keep-within <duration>', 'keep all revisions of this time before the newest, such as 90d or 1y6m');
  for (const rule of countRules) command.option(`--keep-${rule} <n>`, titles[rule], positive);
  command.action(async (name: string, options: KeepOptions) => {
    const policy = policyOf(options);
    const now = await run(options, treeKeepTask, { name, ...(policy === undefined ? {} : { policy }) });
    print(`${name} keeps ${now === null ? 'all revisions' : policyText(now)}.`);
    if (policy) print(`"prune ${name} --dry-run" shows what goes. The server's daily gc prunes by itself.`);
  });
}

function positive(text: string): number {
  if (!/^[1-9][0-9]{0,8}$/.test(text)) throw new InvalidArgumentError('Use a number of 1 or more.');
  return Number(text);
}

/** Undefined if no option is given. Throws OperatorError. */
function policyOf({ all, keepWithin, ...options }: KeepOptions): Policy | null | undefined {
  const counts = {
    last: options.keepLast,
    hourly: options.keepHourly,
    daily: options.keepDaily,
    weekly: options.keepWeekly,
    monthly: options.keepMonthly,
    yearly: options.keepYearly,
  };
  const given = countRules.filter((rule) => counts[rule] !== undefined);
  const isLimited = keepWithin !== undefined || given.length > 0;
  if (all && isLimited) throw new OperatorError('--all keeps everything. Leave it out, or the other options.');
  if (!isLimited) return all ? null : undefined;
  const rules = Object.fromEntries(given.map((rule) => [rule, counts[rule]]));
  return { ...(keepWithin === undefined ? {} : { within: keepWithin }), ...rules };
}
