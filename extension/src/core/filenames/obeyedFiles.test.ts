import { describe, expect, it } from 'vitest';
import { obeyedBy, obeyedFiles } from './obeyedFiles';

it.each([
  ['.vscode/settings.json', 'editor'],
  ['sub/.vscode/tasks.json', 'editor'],
  ['all.code-workspace', 'editor'],
  ['.idea/runConfigurations/x.xml', 'editor'],
  ['eslint.config.mjs', 'editor'],
  ['.devcontainer/devcontainer.json', 'container'],
  ['.husky/pre-commit', 'git'],
  ['sub/.gitattributes', 'git'],
  ['.envrc', 'environment'],
  ['.bash_profile', 'shell'],
  ['.ssh/authorized_keys', 'shell'],
  ['package.json', 'packages'],
  ['sub/Makefile', 'build'],
  ['GNUmakefile', 'build'],
  ['rules.mk', 'build'],
  ['notes.desktop', 'desktop'],
])('%s is obeyed by a program of the kind "%s"', (path, by) => {
  expect(obeyedBy(path)).toBe(by);
});

it.each(['.VSCODE/tasks.json', '.vscode /x', '.vscode./x', '.vscode::$INDEX_ALLOCATION/x', 'VSCODE~1/tasks.json'])(
  '%j is held, since Windows takes it for .vscode',
  (path) => {
    expect(obeyedBy(path)).toBeDefined();
  },
);

it.each(['.vs\u200ccode/x', '\ufeff.vscode/x', '.v\u017fcode/x', '.hus\u212ay/x', '.gitcon\ufb01g', '.vscode\u200d '])(
  '%j is held, since a disk that folds case or ignores invisible characters takes it for another name',
  (path) => {
    expect(obeyedBy(path)).toBeDefined();
  },
);

it('a link in place of a folder is held: its target may be a folder that is tracked', () => {
  for (const name of obeyedFiles.flatMap(({ folders = [] }) => folders)) expect(obeyedBy(name)).toBeDefined();
});

it('a folder that git takes for a repository is held by its HEAD', () => {
  expect(obeyedBy('evil/HEAD')).toBe('git');
  expect(obeyedBy('evil/head')).toBe('git');
});

describe('an ordinary file', () => {
  it.each(['notes/plan.md', 'vscode/a', 'heads/a', 'HEAD.md', 'makefile.md', '.gitignore', 'a~b', 'envrc', 'config/a'])(
    '%s is not held',
    (path) => {
      expect(obeyedBy(path)).toBeUndefined();
    },
  );
});
