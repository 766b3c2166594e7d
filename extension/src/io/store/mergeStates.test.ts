import { describe, expect, it } from 'vitest';
import type { Entry } from '../../core/entry';
import { entry } from '../../core/testing/fixtures';
import type { Observation } from '../../core/observation';
import type { Rule } from '../../core/tracking/rule';
import { mergeStates } from './mergeStates';
import { emptyState } from './storeState';
import type { StoredState } from './storePort';

const path = 'n/a';
const [old, mid, next, mine] = ['old', 'mid', 'next', 'mine'].map((content) => entry(path, content));
const binding = { server: 's', tree: 't' };

type Content = Partial<Pick<StoredState, 'revision' | 'revisionId' | 'binding'>> & {
  readonly rules?: readonly Rule[];
  readonly ancestor?: Entry | undefined;
  readonly unapplied?: Entry | null | undefined;
  readonly local?: Entry | undefined;
};

describe('two states of one folder', () => {
  const newer = { revision: 7, revisionId: 'r7' };
  const older = { revision: 5, revisionId: 'r5' };

  it.each<[string, Content, Content, Content]>([
    [
      'knows what the older one pulled, if the server still has it',
      { ...newer, unapplied: next, ancestor: old },
      { ...older, ancestor: next },
      { ancestor: next },
    ],
    [
      'takes what the older one pulled as the ancestor, if the disk had it and the server has moved on',
      { ...newer, unapplied: next, ancestor: old },
      { ...older, ancestor: mid, local: mid },
      { ancestor: mid, unapplied: next },
    ],
    [
      'keeps its ancestor if the disk had something else',
      { ...newer, unapplied: next, ancestor: old },
      { ...older, ancestor: mid, local: mine },
      { ancestor: old, unapplied: next },
    ],
    ['keeps what it synced later', { ...newer, ancestor: next }, { ...older, ancestor: old }, { ancestor: next }],
    [
      'keeps the conflict of the older one with the newer version of the server',
      { ...newer, unapplied: next },
      { ...older, ancestor: old, unapplied: mid, local: mine },
      { ancestor: old, unapplied: next },
    ],
    [
      'keeps a conflict without an ancestor',
      { ...newer, ancestor: old, unapplied: next },
      { ...older, unapplied: mid, local: mine },
      { unapplied: next },
    ],
    [
      'knows that the server deleted a file that only the older one synced',
      { ...newer },
      { ...older, ancestor: old, local: old },
      { ancestor: old, unapplied: null },
    ],
    [
      'takes no ancestor from a revision of a server that was restored from a backup',
      { ...newer, unapplied: next },
      { revision: 7, revisionId: 'another r7', ancestor: old },
      { unapplied: next },
    ],
  ])('merged, the newer one %s', (_, one, other, expected) => {
    for (const [target, source] of [
      [stateOf(one), stateOf(other)],
      [stateOf(other), stateOf(one)],
    ] as const) {
      if (one.revision === other.revision && target.revisionId !== one.revisionId) continue;
      mergeStates(target, source);
      expect(target).toMatchObject({ revision: 7, revisionId: 'r7', binding });
      expect(target.ancestor.get(path)).toEqual(expected.ancestor);
      expect(target.unappliedRemote.get(path)).toEqual(expected.unapplied);
      const once = [...target.ancestor, ...target.unappliedRemote, ...target.rules];
      mergeStates(target, source);
      expect([...target.ancestor, ...target.unappliedRemote, ...target.rules]).toEqual(once);
    }
  });

  it('untrack what either untracks, and track what either tracks', () => {
    const rule = (effect: Rule['effect'], at: string): Rule => ({ path: at, kind: 'folder', effect });
    const one = stateOf({ ...newer, rules: [rule('track', ''), rule('track', 'both'), rule('untrack', 'big')] });
    const other = stateOf({ ...older, rules: [rule('track', 'only'), rule('untrack', 'both'), rule('track', 'big')] });
    for (const [target, source] of [
      [one, other],
      [other, one],
    ] as const) {
      mergeStates(target, source);
      const effects = Object.fromEntries([...target.rules.values()].map(({ path: at, effect }) => [at, effect]));
      expect(effects).toEqual({ '': 'track', both: 'untrack', big: 'untrack', only: 'track' });
    }
  });

  it('are not merged if they are of different trees', () => {
    const target = stateOf({ ...older, ancestor: old });
    mergeStates(target, stateOf({ ...newer, ancestor: next, binding: { server: 's', tree: 'other' } }));
    expect(target).toMatchObject({ revision: 5, binding });
    expect(target.ancestor.get(path)).toEqual(old);
  });

  it('marks all that changed for the next save', () => {
    const target = stateOf({ ...older, ancestor: old, local: old });
    target.ancestor.takeChangedBuckets();
    mergeStates(target, stateOf({ ...newer, ancestor: next }));
    expect(target.ancestor.takeChangedBuckets().size).toBe(1);
  });
});

function stateOf({ rules = [], ancestor, unapplied, local, ...meta }: Content): StoredState {
  const state = { ...emptyState(), binding, ...meta };
  for (const rule of rules) state.rules.set(rule.path, rule);
  if (ancestor !== undefined) state.ancestor.set(path, ancestor);
  if (unapplied !== undefined) state.unappliedRemote.set(path, unapplied);
  if (local !== undefined) state.observations.set(path, observed(local));
  return state;
}

function observed(of: Entry): Observation {
  return { ...of, dev: 1n, ino: 1n, ctimeNs: 1n, racy: false };
}
