import { describe, expect, it } from 'vitest';
import { leadingLink, LinkedPaths } from './linkedPaths';

function through(path: string, links: Readonly<Record<string, string>>): string | undefined {
  const leading = Object.entries(links).flatMap(([link, target]) => leadingLink(link, target) ?? []);
  return new LinkedPaths(leading).obeyedThrough(path)?.path;
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
