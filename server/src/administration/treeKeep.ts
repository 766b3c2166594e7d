import { PolicyRepository } from '../retention/policyRepository';
import type { Policy } from '../retention/policy';
import type { Task } from './task';
import type { NameOption } from './treeChanges';

export interface KeepOptions extends NameOption {
  /** Null keeps all; undefined changes nothing. */
  readonly policy?: Policy | null;
}

/** Changes the policy by which a tree keeps revisions. Returns the one that it has now. */
export const treeKeepTask: Task<KeepOptions, Policy | null> = {
  name: 'tree-keep',
  run: async ({ database, services: { reserve } }, { name, policy }) => {
    const policies = new PolicyRepository(database);
    if (policy !== undefined) await reserve.withRoom(() => policies.set(name, policy));
    return policies.of(name);
  },
};
