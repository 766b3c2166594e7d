import { describe, expect, it } from 'vitest';
import { runToEnd } from '../cooperativeTask';
import type { Entry } from '../entry';
import { cpuTimeMs } from '../testing/cpuTime';
import { entry, table } from '../testing/fixtures';
import { FileChoice } from './fileChoice';
import { matchingPathsSteps } from './matchingPaths';
import { RemoteFolders } from './remoteFolders';

function build(files: ReadonlyMap<string, Entry>, here: readonly string[] = []): RemoteFolders {
  return runToEnd(RemoteFolders.buildSteps(files, (path) => here.includes(path)));
}

const garden = table({ 'notes/beds/a.md': 'peas', 'notes/plan.md': 'dig', 'todo.md': 'x' });
const sizeOf = (path: string): number => garden.get(path)?.size ?? 0;
const find = (paths: readonly string[], text: string, limit = 10) =>
  runToEnd(matchingPathsSteps(paths, text, limit)).paths;

describe("the server's files by folder", () => {
  it('count what is in a folder at any depth, how large it is, and how much of it is here', () => {
    const folders = build(garden, ['notes/plan.md']);
    expect(folders.totals('')).toEqual({ files: 3, bytes: 8, here: 1 });
    expect(folders.totals('notes')).toEqual({ files: 2, bytes: 7, here: 1 });
    expect(folders.totals('notes/beds')).toEqual({ files: 1, bytes: 4, here: 0 });
    expect(folders.totals('elsewhere')).toEqual({ files: 0, bytes: 0, here: 0 });
    expect([...folders.filesIn('notes')].sort()).toEqual(['notes/beds/a.md', 'notes/plan.md']);
  });

  it('are sorted as the Explorer does, and keep odd names', () => {
    const odd = ['file10', 'File2', 'äpfel', 'zoo/x', 'a b#?%.md', '-r', '日本', 'back\\slash', ' ', 'zoo 2/x'];
    const folders = build(table(Object.fromEntries(odd.map((path) => [path, 'x']))));
    const names = folders.children('').map(({ name }) => name);
    expect(names.slice(0, 2)).toEqual(['zoo', 'zoo 2']);
    expect(names).toHaveLength(odd.length);
    expect(names.indexOf('File2')).toBeLessThan(names.indexOf('file10'));
    expect(names.indexOf('a b#?%.md')).toBeLessThan(names.indexOf('äpfel'));
    expect(folders.children('zoo 2').map(({ path }) => path)).toEqual(['zoo 2/x']);
  });

  it('of a hundred thousand paths take a moment, and a folder is listed only when it is opened', () => {
    const many = new Map<string, Entry>();
    const one = entry('x', 'x');
    for (let n = 0; n < 100_000; n++) many.set(`folder-${n % 1_000}/inside/file-${n}.txt`, one);
    const start = cpuTimeMs();
    const folders = build(many);
    expect(folders.totals('')).toEqual({ files: 100_000, bytes: 100_000, here: 0 });
    expect(folders.children('')).toHaveLength(1_000);
    expect(folders.children('folder-7/inside')).toHaveLength(100);
    expect(folders.children('folder-7')).toBe(folders.children('folder-7'));
    expect(find([...many.keys()], 'file-99999')).toEqual(['folder-999/inside/file-99999.txt']);
    expect(cpuTimeMs() - start).toBeLessThan(3_000);
  });
});

describe('the choice of files', () => {
  it('has all at first, and names as few paths as it can', () => {
    const folders = build(garden);
    const choice = new FileChoice();
    expect(choice.split(folders)).toEqual({ chosen: [''], left: [] });
    choice.set('notes/beds', false);
    expect(choice.split(folders)).toEqual({ chosen: ['notes/plan.md', 'todo.md'], left: ['notes/beds'] });
    expect(choice.totals('', folders, sizeOf)).toEqual({ files: 2, bytes: 4 });
    expect(choice.isChosen('notes', folders)).toBe(false);
    expect(choice.isChosen('notes/plan.md', folders)).toBe(true);
  });

  it('takes the last decision about a folder for everything in it', () => {
    const folders = build(garden);
    const choice = new FileChoice();
    choice.set('notes/beds/a.md', false);
    choice.set('notes', false);
    choice.set('notes/plan.md', true);
    expect(choice.split(folders)).toEqual({ chosen: ['notes/plan.md', 'todo.md'], left: ['notes/beds'] });
    choice.set('notes', true);
    expect(choice.isChosen('', folders)).toBe(true);
    choice.set('', false);
    expect(choice.split(folders)).toEqual({ chosen: [], left: [''] });
  });

  it('does not take a folder for another one whose name begins with it', () => {
    const folders = build(table({ 'a/x': 'x', 'ab/x': 'x' }));
    const choice = new FileChoice();
    choice.set('ab/x', false);
    choice.set('a', false);
    expect(choice.split(folders)).toEqual({ chosen: [], left: ['a', 'ab/x'] });
  });
});

describe('the search for a file', () => {
  const paths = ['docs/plan/x.md', 'docs/my plan.md', 'docs/plan.md', 'docs/p-l-a-n', 'docs/other'];

  it('lists names that begin with the text, then names, paths, and its characters in order', () => {
    expect(find(paths, 'PLAN')).toEqual(['docs/plan.md', 'docs/my plan.md', 'docs/plan/x.md', 'docs/p-l-a-n']);
    expect(find(paths, '')).toHaveLength(paths.length);
    expect(find(paths, 'nothing like it')).toEqual([]);
  });

  it('lists the first ones only, and counts all', () => {
    expect(runToEnd(matchingPathsSteps(paths, 'docs', 2))).toEqual({
      paths: ['docs/plan/x.md', 'docs/my plan.md'],
      total: 5,
    });
  });
});
