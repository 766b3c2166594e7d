import { describe, expect, it } from 'vitest';
import type { Change } from '../change';
import { entry } from '../testing/fixtures';
import { movedFolder } from './movedFolder';

const gone = (path: string, content: string): Change => ({ path, from: entry(path, content), to: undefined });
const added = (path: string, content: string): Change => ({ path, from: undefined, to: entry(path, content) });

describe('a folder whose files were deleted', () => {
  it('was moved to the one that has all of them', () => {
    const changes = [gone('n/a', '1'), gone('n/d/b', '2'), added('m/a', '1'), added('m/d/b', '2'), added('m/new', '3')];
    expect(movedFolder('n', changes)).toBe('m');
    expect(movedFolder('x', changes)).toBeUndefined();
  });

  it('was not moved if a file is missing, differs, or is in two folders', () => {
    expect(movedFolder('n', [gone('n/a', '1'), gone('n/b', '2'), added('m/a', '1')])).toBeUndefined();
    expect(movedFolder('n', [gone('n/a', '1'), added('m/a', 'other')])).toBeUndefined();
    expect(movedFolder('n', [gone('n/a', '1'), added('m/a', '1'), added('k/a', '1')])).toBeUndefined();
  });

  it('was not moved to a place with other names', () => {
    expect(movedFolder('n', [gone('n/a', '1'), added('m/xa', '1')])).toBeUndefined();
    expect(movedFolder('n', [gone('n/a', '1'), added('a', '1')])).toBeUndefined();
  });
});
