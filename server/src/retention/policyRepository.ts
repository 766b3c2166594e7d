import type { Database } from '../database/openDatabase';
import type { RetentionTable } from '../database/tables';
import { OperatorError } from '../errors';
import { noTree } from '../trees/treeAdministration';
import { countRules, parseDuration, type Policy } from './policy';

/** A tree with the policy by which it keeps revisions. */
export interface TreePolicy {
  readonly treeId: number;
  readonly name: string;
  readonly head: number;
  readonly policy: Policy;
}

/** The policies of trees. A tree without one keeps everything. */
export class PolicyRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Null for a tree that keeps all. Throws OperatorError if there is no such tree. */
  async of(name: string): Promise<Policy | null> {
    const row = await this.#trees()
      .leftJoin('retention', 'retention.tree_id', 'trees.id')
      .selectAll('retention')
      .where('name', '=', name)
      .executeTakeFirst();
    if (row === undefined) throw noTree(name);
    return row.tree_id === null ? null : toPolicy(row);
  }

  /** Replaces the tree's policy; null keeps all. Throws OperatorError. */
  async set(name: string, policy: Policy | null): Promise<void> {
    if (policy !== null) requireValid(policy);
    await this.#database.transaction().execute(async (transaction) => {
      const tree = await new PolicyRepository(transaction)
        .#trees()
        .select('id')
        .where('name', '=', name)
        .executeTakeFirst();
      if (tree === undefined) throw noTree(name);
      await transaction.deleteFrom('retention').where('tree_id', '=', tree.id).execute();
      if (policy === null) return;
      await transaction.insertInto('retention').values(toRow(tree.id, policy)).execute();
    });
  }

  /** The trees that have a policy, sorted by name. */
  async list(): Promise<TreePolicy[]> {
    const rows = await this.#trees()
      .innerJoin('retention', 'retention.tree_id', 'trees.id')
      .selectAll('retention')
      .select(['name', 'head'])
      .orderBy('name')
      .execute();
    return rows.map((row) => ({ treeId: row.tree_id, name: row.name, head: row.head, policy: toPolicy(row) }));
  }

  #trees() {
    return this.#database.selectFrom('trees').where('deleted_at', 'is', null);
  }
}

/** Throws OperatorError. */
function requireValid(policy: Policy): void {
  const counts = countRules.map((rule) => policy[rule] ?? 0);
  if (counts.some((count) => !Number.isSafeInteger(count) || count < 0)) {
    throw new OperatorError('A number of revisions to keep is not a whole number. Use 1 or more.');
  }
  if (policy.within !== undefined && parseDuration(policy.within) === undefined) {
    const fix = 'Use years, months, days and hours in this order, such as 90d or 1y6m.';
    throw new OperatorError(`${JSON.stringify(policy.within)} is not a duration. ${fix}`);
  }
  if (policy.within === undefined && counts.every((count) => count === 0)) {
    throw new OperatorError('The policy keeps nothing but the newest. Use --keep-last 1 if that is what you want.');
  }
}

function toPolicy(row: { readonly [Column in keyof RetentionTable]: RetentionTable[Column] | null }): Policy {
  const counts = countRules.flatMap((rule) => (row[rule] === null ? [] : [[rule, row[rule]] as const]));
  return { ...(row.within === null ? {} : { within: row.within }), ...Object.fromEntries(counts) };
}

function toRow(treeId: number, policy: Policy): RetentionTable {
  const {
    within = null,
    last = null,
    hourly = null,
    daily = null,
    weekly = null,
    monthly = null,
    yearly = null,
  } = policy;
  return { tree_id: treeId, within, last, hourly, daily, weekly, monthly, yearly };
}
