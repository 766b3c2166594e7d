import { expect, it } from 'vitest';
import { pathFault } from './paths';

it.each([
  '.git',
  '.GIT',
  '.git/hooks/pre-commit',
  'notes/.Git/config',
  '.git ',
  '.git.',
  '.git . .',
  '.git::$INDEX_ALLOCATION/config',
  '.git :stream',
  'git~1',
  'git~4/config',
  '.git:a\nb',
  '.g\u0131t/config',
  'GIT~1/config',
  '.g\u200cit',
  '\ufeff.git/config',
  '.gi\u{e0001}t',
  '.git\u200d ',
])('%j is in a git folder', (path) => {
  expect(pathFault(path)).toBe('git-folder');
});

it.each([
  ['rsyncd-munged/x', 'rsync-folder'],
  ['RSYNCD-munged', 'rsync-folder'],
  ['a/'.repeat(200) + 'a', 'too-deep'],
])('%.30j cannot be pulled', (path, fault) => {
  expect(pathFault(path)).toBe(fault);
});

it.each(['n/rsyncd-munged/x', 'rsyncd-munged2/x', 'a/'.repeat(199) + 'a', '.palmtree-partial/x'])(
  '%.30j can be pulled',
  (path) => {
    expect(pathFault(path)).toBeUndefined();
  },
);

it.each(['.gitignore', '.github/workflows/ci.yml', 'git', 'agit', '.git2', 'git~12', '.gitmodules', 'a.git', '. git'])(
  '%j is in no git folder',
  (path) => {
    expect(pathFault(path)).toBeUndefined();
  },
);
