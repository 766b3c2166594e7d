import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { paths, scanFolder } from '../../../test/support/scanFolder';

const ws = scanFolder();

describe('a partial scan', () => {
  it('covers only the given paths and everything below them', async () => {
    ws.write('a/x');
    ws.write('b/y');
    await ws.rescan();
    ws.write('a/x', 'changed');
    ws.write('a/new');
    ws.write('b/y', 'changed');
    expect(paths((await ws.rescan({ only: ['a'] })).changed)).toEqual(['a/new', 'a/x']);
  });

  it('finds that a folder became a file, and the reverse', async () => {
    ws.write('a/x');
    ws.write('b');
    await ws.rescan();
    rmSync(join(ws.root, 'a'), { recursive: true });
    rmSync(join(ws.root, 'b'));
    ws.write('a');
    ws.write('b/y');
    const { changed, removed } = await ws.rescan({ only: ['a/x', 'a', 'b'] });
    expect([paths(changed), [...removed].sort()]).toEqual([
      ['a', 'b/y'],
      ['a/x', 'b'],
    ]);
  });

  it('removes paths below a folder that became a symlink', async () => {
    ws.write('a/x');
    await ws.rescan();
    renameSync(join(ws.root, 'a'), join(ws.root, 'c'));
    symlinkSync('c', join(ws.root, 'a'));
    expect((await ws.rescan({ only: ['a/x'] })).removed).toEqual(['a/x']);
    expect(paths((await ws.rescan({ only: ['a'] })).changed)).toEqual(['a']);
  });

  it('finds no problem in an excluded symlink', async () => {
    ws.write('a');
    symlinkSync('a', join(ws.root, 'node_modules'));
    expect((await ws.rescan({ only: ['node_modules'] })).problems).toEqual([]);
  });

  it('finds the same as a full scan', async () => {
    const name = fc.constantFrom('a', 'b', 'node_modules', 'c');
    const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
    const kind = fc.constantFrom('file', 'folder', 'link', 'remove', 'ignore');
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(kind, path), { maxLength: 12 }),
        fc.array(fc.tuple(kind, path), { maxLength: 6 }),
        async (before, after) => {
          for (const entry of readdirSync(ws.root)) rmSync(join(ws.root, entry), { recursive: true });
          ws.known = new Map();
          const scope = { rules: ws.rules, exclude: ['node_modules'], respectGitignore: true };
          for (const step of before) perform(...step);
          await ws.rescan({ scope });
          const start = new Map(ws.known);
          for (const step of after) perform(...step);
          const touched = after.flatMap(([kind, path]) => [path, ...(kind === 'ignore' ? [`${path}/.gitignore`] : [])]);
          // Like a file-system watcher, also reports folders that were created or removed.
          const only = [...touched, ...touched.map(dirname).filter((folder) => folder !== '.')];
          await ws.rescan({ scope, only });
          const partial = knownAsText();
          ws.known = start;
          await ws.rescan({ scope });
          expect(partial).toEqual(knownAsText());
        },
      ),
      { numRuns: 150 },
    );
  });

  function perform(kind: string, path: string): void {
    const target = join(ws.root, path);
    try {
      if (kind === 'remove') rmSync(target, { recursive: true, force: true });
      // The target does not exist, so that no later step writes through the link.
      else if (kind === 'link') symlinkSync('none/x', target);
      else if (kind === 'folder') mkdirSync(target, { recursive: true });
      else if (kind === 'ignore') writeFileSync(join(target, '.gitignore'), 'c\n');
      else ws.write(path, String(path.length));
    } catch {
      // The path exists already, and stays as it is.
    }
  }

  function knownAsText(): string[] {
    return [...ws.known.values()].map(({ path, kind, hash }) => `${path} ${kind} ${hash}`).sort();
  }
});
