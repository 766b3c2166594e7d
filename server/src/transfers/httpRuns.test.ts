import { expect, test } from 'vitest';
import { RunTurns, defaultRunTurnLimits } from '../sessions/runTurns';
import { SessionActivity } from '../sessions/sessionActivity';
import { HttpRuns, type OpenRequest } from './httpRuns';

test('a request waits while four others of its session run, and those of other sessions do not', async () => {
  const runs = new HttpRuns({
    activity: new SessionActivity(0),
    turns: new RunTurns(defaultRunTurnLimits),
    observers: [],
  });
  const gone = new AbortController().signal;
  const enter = (id: string, path: string): Promise<OpenRequest> => {
    return runs.enter({ id, tokenId: 1, path, gone, admit: () => Promise.resolve() });
  };
  const [first, ...others] = await Promise.all(['a', 'b', 'c', 'd'].map((path) => enter('one', path)));
  let hasEntered = false;
  const fifth = enter('one', 'e').then((request) => {
    hasEntered = true;
    return request;
  });
  const other = await enter('other', 'e');
  expect(hasEntered).toBe(false);
  first?.end('done');
  for (const request of [await fifth, other, ...others]) request.end('done');
});
