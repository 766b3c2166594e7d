import { describe, expect, it } from 'vitest';
import { entry } from '../testing/fixtures';
import { renameSource } from './renameSource';

describe('the earlier path of an added one is', () => {
  it.each<[string, path: string, content: string, deleted: string[], added: string[], source: string | undefined]>([
    ['the only deleted path with its content', 'new', 'one', ['old'], ['new'], 'old'],
    ['none, if none was deleted', 'new', 'one', [], ['new'], undefined],
    ['the one with the same name', 'm/a', 'one', ['n/a', 'n/b'], ['m/a', 'm/b'], 'n/a'],
    ['the one with the same name and folder', 'm/x/a', 'one', ['n/x/a', 'n/y/a'], ['m/x/a', 'm/y/a'], 'n/x/a'],
    ['the most similar one', 'notes-2.md', 'one', ['notes-1.md', 'plan.txt'], ['notes-2.md'], 'notes-1.md'],
    ['none, if another added path is more similar', 'x', 'one', ['n/a'], ['m/a', 'x'], undefined],
    ['for an empty file one with the same name', 'm/empty', '', ['n/empty'], ['m/empty'], 'n/empty'],
    ['for an empty file never one with another name', 'm/empty', '', ['n/other'], ['m/empty'], undefined],
  ])('%s', (_, path, content, deleted, added, source) => {
    expect(renameSource(entry(path, content), { deleted, added })).toBe(source);
  });
});
