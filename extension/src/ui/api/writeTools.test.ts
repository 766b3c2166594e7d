import { expect, it } from 'vitest';
import type { SyncedFolder } from '../workspace/workspaceFolders';
import { pullQuestion, pushQuestion } from './writeTools';

const owner = {
  sync: {
    rescan: () => Promise.resolve(),
    state: { binding: { server: 'https://sync.example.org', tree: 'notes' } },
    pathStates: new Map([
      ['a.md', 'modified'],
      ['plans/b.md', 'deleted'],
      ['c.md', 'incoming'],
      ['d.md', 'conflict'],
    ]),
  },
} as unknown as SyncedFolder;

it('a model that pushes makes VS Code ask with the server, the paths and the message', async () => {
  expect(await pushQuestion(owner, { message: 'Plan the beds' })).toEqual({
    title: 'Push to "notes" on https://sync.example.org?',
    detail: 'a.md\nplans/b.md\n\nMessage: Plan the beds\n\nUndo Push… takes it back with a new revision.',
    covered: ['a.md', 'plans/b.md'],
  });
  expect((await pushQuestion(owner, { paths: ['plans'] })).detail).toMatch(/^plans\/b\.md\n\n/);
});

it('a model that pulls makes VS Code ask with the server and the paths', () => {
  const { title, detail } = pullQuestion(owner, {});
  expect(title).toBe('Pull from "notes" on https://sync.example.org?');
  expect(detail).toMatch(/^c\.md\n\n/);
});
