import { expect, it } from 'vitest';
import type { SyncedFolder } from '../workspace/workspaceFolders';
import { heldAmong } from './selectionCommands';

const pathStates = new Map([
  ['a.md', 'incoming'],
  ['run.sh', 'held'],
  ['Makefile', 'held'],
]);
const owner = { sync: { pathStates } } as unknown as SyncedFolder;
const all = [...pathStates.keys()];

it.each([
  ['one held file', ['run.sh'], undefined, ['run.sh']],
  ['held files alone', ['run.sh', 'Makefile'], undefined, ['run.sh', 'Makefile']],
  ['all files of the group', all, undefined, []],
  ['a folder', [''], undefined, []],
  ['confirmed paths, by code', all, { confirmed: true }, ['run.sh', 'Makefile']],
  ['paths, by code', ['run.sh'], {}, []],
])('a pull of %s asks about the held files unless they were meant', (_, paths, options, approved) => {
  expect([...heldAmong(owner, paths, options)]).toEqual(approved);
});
