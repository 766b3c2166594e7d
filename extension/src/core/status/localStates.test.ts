import { expect, it } from 'vitest';
import { table } from '../testing/fixtures';
import { localStates } from './localStates';
import type { PathState } from './pathState';

it('leaves out all that only the server has, and shows a conflict as the change of this disk', () => {
  const states = new Map<string, PathState>([
    ['edited', 'modified'],
    ['theirs', 'incoming'],
    ['held', 'held'],
    ['pipe', 'problem'],
    ['both', 'both'],
    ['new', 'conflict'],
    ['gone', 'conflict'],
  ]);
  const tables = {
    ancestor: table({ edited: '1', theirs: '1', both: '1', gone: '1' }),
    local: table({ edited: '2', theirs: '1', both: '2', new: '1' }),
  };
  expect(Object.fromEntries(localStates(states, tables))).toEqual({
    edited: 'modified',
    pipe: 'problem',
    both: 'modified',
    new: 'added',
    gone: 'deleted',
  });
});
