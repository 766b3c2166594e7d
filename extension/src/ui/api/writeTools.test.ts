import { expect, it } from 'vitest';
import type { SyncedFolder } from '../workspace/workspaceFolders';
import { pullQuestion, pushQuestion } from './writeTools';

const pending: readonly (readonly [path: string, state: string])[] = [
  ['a.md', 'modified'],
  ['plans/b.md', 'deleted'],
  ['c.md', 'incoming'],
  ['d.md', 'conflict'],
  ['e.md', 'added'],
  ['f.md', 'incoming'],
  ['g.md', 'both'],
];
const owner = ownerWith(pending);

function ownerWith(states: typeof pending): SyncedFolder {
  return {
    sync: {
      rescan: () => Promise.resolve(),
      state: { binding: { server: 'https://sync.example.org', tree: 'notes' } },
      pathStates: new Map(states),
      serverFiles: { entry: (path: string) => (path === 'f.md' ? undefined : {}) },
      isOnDisk: (path: string) => path !== 'c.md',
    },
  } as unknown as SyncedFolder;
}

it('a model that pushes makes VS Code ask with the server, the paths and the message', async () => {
  expect(await pushQuestion(owner, { message: 'Plan the beds' })).toEqual({
    title: 'Push to "notes" on https://sync.example.org?',
    detail: [
      'Will be deleted on the server (1):\n  plans/b.md',
      'Will be added on the server (1):\n  e.md',
      'Will be replaced on the server (1):\n  a.md',
      'Message: Plan the beds',
      'Undo Push… takes it back with a new revision.',
    ].join('\n\n'),
    covered: ['a.md', 'plans/b.md', 'e.md'],
  });
  const { detail } = await pushQuestion(owner, { paths: ['plans'] });
  expect(detail).toMatch(/^Will be deleted on the server \(1\):\n {2}plans\/b\.md\n\nUndo Push…/);
});

it('the question about a push lists a deletion and a new file before many changed ones, and counts what it does not list', async () => {
  const changed = Array.from({ length: 60 }, (_, index) => [`a${index}.md`, 'modified'] as const);
  const states = [...changed, ['secret.env', 'added'], ['plan.md', 'deleted']] as const;
  const { detail, covered } = await pushQuestion(ownerWith(states), {});
  const lines = detail.split('\n').filter(Boolean);
  expect(lines.slice(0, 4)).toEqual([
    'Will be deleted on the server (1):',
    '  plan.md',
    'Will be added on the server (1):',
    '  secret.env',
  ]);
  expect(lines).toContain('Will be replaced on the server (60):');
  expect(lines).toContain('  a49.md');
  expect(lines).toContain('  … and 10 more');
  expect(covered).toHaveLength(62);
});

it('a model that pulls makes VS Code ask with the server and the paths', () => {
  const { title, detail } = pullQuestion(owner, {});
  expect(title).toBe('Pull from "notes" on https://sync.example.org?');
  expect(detail.split('\n\n').slice(0, 3)).toEqual([
    'Will be deleted here (1):\n  f.md',
    'Will be created here (1):\n  c.md',
    'Will be replaced here (1):\n  g.md',
  ]);
});
