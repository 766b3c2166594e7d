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
  ['CLAUDE.md', 'editor'],
  ['sub/AGENTS.md', 'editor'],
  ['.github/copilot-instructions.md', 'editor'],
  ['.obsidian/plugins/x/main.js', 'editor'],
  ['.helix/languages.toml', 'editor'],
  ['vite.config.ts', 'editor'],
  ['jest.config.js', 'editor'],
  ['karma.conf.js', 'editor'],
  ['.mocharc.cjs', 'editor'],
  ['.babelrc.js', 'editor'],
  ['babel.config.json', 'editor'],
  ['.graphqlrc.ts', 'editor'],
  ['.hg/hgrc', 'git'],
  ['.jj/config', 'git'],
  ['.jj/repo/config.toml', 'git'],
  ['.tool-versions', 'environment'],
  ['flake.nix', 'environment'],
  ['shell.nix', 'environment'],
  ['rust-toolchain.toml', 'environment'],
  ['.env.production', 'environment'],
  ['.gdbinit', 'packages'],
  ['.lldbinit-lldb', 'packages'],
  ['.Rprofile', 'packages'],
  ['.irbrc', 'packages'],
  ['.pryrc', 'packages'],
  ['.pdbrc', 'packages'],
  ['.ipython/profile_default/startup/00.py', 'packages'],
  ['.julia/config/startup.jl', 'packages'],
  ['Cargo.toml', 'packages'],
  ['pyproject.toml', 'packages'],
  ['conftest.py', 'packages'],
  ['lib/x.pth', 'packages'],
  ['Gemfile', 'packages'],
  ['composer.json', 'packages'],
  ['Rakefile', 'build'],
  ['.latexmkrc', 'build'],
  ['.mvn/jvm.config', 'build'],
  ['Directory.Build.props', 'build'],
  ['ansible.cfg', 'build'],
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
  it.each([
    ...['notes/plan.md', 'vscode/a', 'heads/a', 'HEAD.md', 'makefile.md', '.gitignore', 'a~b', 'envrc', 'config/a'],
    ...['src.js', 'plan.config.md', 'app.js', 'agent.md', 'build/log.txt', 'data.json', 'notes.yml', '.editorconfig'],
    ...['misery.md', 'environment.md', 'compose.md', 'startup.md', 'hg/hgrc', 'recipes.ts', 'photo.jpg', 'table.csv'],
  ])('%s is not held', (path) => {
    expect(obeyedBy(path)).toBeUndefined();
  });
});
