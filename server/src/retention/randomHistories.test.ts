import { afterEach, beforeEach, expect, test } from 'vitest';
import { put } from '../../test/changes';
import { startTestServer, type TestServer } from '../../test/testServer';
import type { Comparison, RevisionList } from '../contract/history';
import type { Change } from '../contract/schemas';
import { checkTree } from '../verify/checkTree';
import type { Damage } from '../verify/damage';
import type { VerifyServices, VerifyTask } from '../verify/verifyTask';
import { keptRevisions } from './keptRevisions';
import type { Policy } from './policy';
import { PolicyRepository } from './policyRepository';

const paths = Array.from({ length: 12 }, (_, number) => `path${number}`);
const hourMs = 60 * 60 * 1000;
const work = { signal: new AbortController().signal, report: () => undefined };

let server: TestServer;
let now: Date;
/** The contents of the paths at each revision, as they were pushed. */
let states: ReadonlyMap<string, string>[];
/** Seeded. */
let random: () => number;

beforeEach(async () => {
  now = new Date('2026-01-01T00:00:00Z');
  states = [new Map()];
  server = await startTestServer({ now: () => now });
  await server.api.makeTree('tree');
});
afterEach(() => server.stop());

/** Marsaglia's xorshift (https://www.jstatsoft.org/article/view/v008i14). */
function randomNumbers(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

const below = (limit: number): number => Math.floor(random() * limit);

/** Commits without contents: only rows matter here. */
async function push(treeId: number): Promise<void> {
  now = new Date(now.getTime() + below(60) * hourMs);
  const state = new Map(states.at(-1));
  const base = states.length - 1;
  const changes = new Map<string, Change>();
  for (let count = 1 + below(5); count > 0; count--) {
    const path = paths[below(paths.length)] ?? '';
    // As the server does, it leaves out a deletion of what the head does not have.
    if (states[base]?.has(path) && random() < 0.3) {
      changes.set(path, { op: 'delete', path });
      state.delete(path);
    } else {
      const content = `${base} ${random() < 0.2 ? 'same' : path}`;
      changes.set(path, put(path, content, { mtimeNs: String(base) }));
      state.set(path, content);
    }
  }
  const record = { base, changes: [...changes.values()], uploads: [], folders: [], forced: false };
  await server.services.pushes.commit({ treeId, pushId: `push ${base}`, tokenId: 1, tokenName: 'alice', push: record });
  states.push(state);
}

function randomPolicy(): Policy {
  const rules = ['last', 'daily', 'weekly', 'monthly'] as const;
  const counts = rules.filter(() => random() < 0.4).map((rule) => [rule, 1 + below(4)] as const);
  return { ...Object.fromEntries(counts), ...(random() < 0.3 ? { within: `${1 + below(10)}d` } : {}), hourly: 1 };
}

async function keptBy(policy: Policy): Promise<Set<number>> {
  const { body } = await server.api.call<RevisionList>('GET', '/v1/trees/tree/revisions?limit=200');
  const dated = body.revisions.map(({ number, createdAt }) => ({ number, at: Date.parse(createdAt) }));
  return keptRevisions(dated, policy, now);
}

/** Each state is what was pushed, or said to be removed. `kept` are the revisions that every policy so far has kept. */
async function expectTrue(treeId: number, kept: ReadonlySet<number>): Promise<number> {
  let removedStates = 0;
  for (const [revision, state] of states.entries()) {
    const { found, removed } = await server.services.entries.statesAt(treeId, revision, paths);
    for (const path of paths) {
      if (removed.has(path)) {
        removedStates++;
        expect(kept.has(revision), `${path} at the kept revision ${revision}`).toBe(false);
        expect(found.has(path)).toBe(false);
      } else {
        const pushed = state.get(path);
        const expected = pushed === undefined ? undefined : put(path, pushed).hash;
        expect(found.get(path)?.hash, `${path} at ${revision}`).toBe(expected);
      }
    }
  }
  return removedStates;
}

async function expectComparison(from: number, to: number): Promise<void> {
  const { body } = await server.api.call<Comparison>('GET', `/v1/trees/tree/compare?from=${from}&to=${to}&removed=1`);
  const known = body.changes.filter(({ beforeRemoved, afterRemoved }) => !beforeRemoved && !afterRemoved);
  expect(new Set(body.changes.map(({ path }) => path)).size).toBe(body.changes.length);
  const lost = new Set(body.changes.filter((change) => !known.includes(change)).map(({ path }) => path));
  const [before, after] = [states[from], states[to]];
  const changed = paths.filter((path) => before?.get(path) !== after?.get(path) && !lost.has(path));
  expect(known.map(({ path }) => path)).toEqual(changed.sort());
}

async function expectIntact(): Promise<void> {
  const damages: Damage[] = [];
  const services = { withDatabase: (use: (database: unknown) => unknown) => Promise.resolve(use(server.database)) };
  const task = { signal: work.signal, onDamage: (damage: Damage) => damages.push(damage) };
  const tree = await server.services.trees.find('tree');
  await checkTree(services as unknown as VerifyServices, task as unknown as VerifyTask, tree);
  expect(damages).toEqual([]);
}

/** Each path's newest version stays, and the last one that is not a deletion. */
async function expectNewest(): Promise<void> {
  const left = await server.database.selectFrom('versions').select(['path', 'revision', 'op']).execute();
  for (const path of paths) {
    const pushed = states.flatMap((state, revision) => {
      const before = states[revision - 1]?.get(path);
      return state.get(path) === before ? [] : [{ revision, op: state.has(path) ? 'put' : 'delete' }];
    });
    const newest = [pushed.at(-1), pushed.findLast(({ op }) => op === 'put')].filter(
      (version) => version !== undefined,
    );
    for (const version of newest) expect(left).toContainEqual({ path, ...version });
  }
}

const seed = Number(process.env['PALMTREE_RETENTION_SEED'] ?? Date.now() % 1_000_000);

test(`whatever policies follow each other, a state is what was pushed or said to be removed (seed ${seed})`, async () => {
  random = randomNumbers(seed);
  const { id } = await server.services.trees.find('tree');
  const policies = new PolicyRepository(server.database);
  let kept = new Set<number>();
  let removedStates = 0;
  for (let round = 0; round < 12; round++) {
    const first = states.length;
    for (let count = 4 + below(8); count > 0; count--) await push(id);
    const policy = randomPolicy();
    await policies.set('tree', policy);
    const now = await keptBy(policy);
    kept = new Set([...now].filter((number) => number >= first || kept.has(number)));
    const planned = await server.services.retention.plan([], work);
    const versions = await server.services.retention.prune([], { ...work, workShare: 1 });
    expect(planned).toMatchObject(versions);
    expect(await server.services.retention.plan([], work)).toMatchObject([{ revisions: 0, versions: 0 }]);
    removedStates = await expectTrue(id, kept);
    for (let pair = 0; pair < 5; pair++) await expectComparison(below(states.length), below(states.length));
    await expectNewest();
    await expectIntact();
  }
  expect(removedStates).toBeGreaterThan(0);
}, 120_000);
