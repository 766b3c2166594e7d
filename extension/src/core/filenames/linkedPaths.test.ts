import { describe, expect, it } from 'vitest';
import { runToEnd } from '../cooperativeTask';
import { leadingLink, LinkedPaths } from './linkedPaths';

function through(path: string, links: Readonly<Record<string, string>>, work?: number): string | undefined {
  const leading = Object.entries(links).flatMap(([link, target]) => leadingLink(link, target) ?? []);
  return runToEnd(LinkedPaths.buildSteps(leading, work)).obeyedThrough(path)?.path;
}

describe('a file is obeyed', () => {
  it('if a link with an obeyed name leads to its folder, or to it', () => {
    expect(through('notes/x/pre-commit', { '.husky': 'notes/x' })).toBe('.husky/pre-commit');
    expect(through('notes/x/pre-commit', { '.husky': './notes//x/' })).toBe('.husky/pre-commit');
    expect(through('notes/build.txt', { Makefile: 'notes/build.txt' })).toBe('Makefile');
    expect(through('notes/s.json', { '.vscode/settings.json': '../notes/s.json' })).toBe('.vscode/settings.json');
    expect(through('notes/hook', { '.git/hooks/pre-commit': '../../notes/hook' })).toBe('.git/hooks/pre-commit');
  });

  it('if one link leads to another', () => {
    expect(through('a/b/c/pre-commit', { '.husky': 'x/c', x: 'a/b' })).toBe('.husky/pre-commit');
  });

  it('if it is itself a link in the place to which an obeyed one leads', () => {
    expect(through('notes/x', { '.husky': 'notes/x' })).toBe('.husky');
  });

  it('if a link in its folder leads on', () => {
    expect(through('lib/x/run', { '.husky': 'notes', 'notes/sub': '../lib' })).toBe('.husky/sub/x/run');
  });

  it('if the way to it leads through a link, and up again', () => {
    const links = { '.husky': 'notes/k', 'notes/k': 'far/../hooks', 'notes/far': 'deep/er' };
    expect(through('notes/deep/hooks/pre-commit', links)).toBe('.husky/pre-commit');
    expect(through('notes/hooks/pre-commit', links)).toBe('.husky/pre-commit');
  });

  it('if a link in the folder above makes up the path to which another leads', () => {
    expect(through('notes/hooks/pre-commit', { '.husky': 'notes/l/hooks', 'notes/l': '.' })).toBe('.husky/pre-commit');
    expect(through('notes/settings.json', { 'notes/.vscode': '.' })).toBe('notes/.vscode/settings.json');
  });

  it('if the disk may take its name for the one to which the link leads', () => {
    expect(through('Notes/X/pre-commit', { '.husky': 'notes/x' })).toBe('.husky/pre-commit');
    expect(through('n/u\u0308/pre-commit', { '.husky': 'n/\u00fc' })).toBe('.husky/pre-commit');
  });
});

describe('a file is not obeyed', () => {
  it('beside the target of a link, through a link with an ordinary name, or through one that leads outside', () => {
    expect(through('notes/xy/pre-commit', { '.husky': 'notes/x' })).toBeUndefined();
    expect(through('notes/x/pre-commit', { hooks: 'notes/x' })).toBeUndefined();
    expect(through('notes/x/pre-commit', { '.husky': '../notes/x', '.vscode': '/notes/x' })).toBeUndefined();
  });

  it('because of links in a circle', () => {
    expect(through('a/f', { a: 'b', b: 'a' })).toBeUndefined();
  });
});

describe('many links', () => {
  const toTheirFolder = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`notes/l${index}`, '.']));

  it('that lead to their own folder need no work as long as no link has an obeyed path', () => {
    expect(through('notes/new.md', toTheirFolder, 0)).toBeUndefined();
  });

  it('that lead to their own folder are followed once each', () => {
    const links = { ...toTheirFolder, '.husky': 'notes/l1/l2/l3/l4/l5/hooks' };
    expect(through('notes/new.md', links, 500)).toBeUndefined();
    expect(through('notes/hooks/pre-commit', links, 500)).toBe('.husky/pre-commit');
    expect(through('far/new.md', { ...toTheirFolder, '.husky': 'notes' }, 500)).toBeUndefined();
  });

  it('that lead around a circle, by many ways, end', () => {
    const circle = { '.husky': 'a', a: 'b/b', b: 'c/c', c: 'a/a' };
    expect(through('notes/new.md', circle)).toBeUndefined();
    expect(through('c/c/b/pre-commit', circle)).toBe('.husky/pre-commit');
  });

  it('that need too much work make all paths count as obeyed', () => {
    const doubling = { '.husky': 'm40', ...doubled(40) };
    expect(through('notes/new.md', doubling)).toBe('.husky');
    expect(through('notes/new.md', { '.husky': 'm4', ...doubled(4) })).toBeUndefined();
  });
});

/** Each link leads twice through the one before. */
function doubled(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`m${n + 1}`, `m${n}/../m${n}`]));
}
