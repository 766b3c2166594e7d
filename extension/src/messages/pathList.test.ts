import { describe, expect, it } from 'vitest';
import { listSection, pathLines, pathSection, quotedPaths } from './pathList';

const files = Array.from({ length: 12 }, (_, i) => `f${12 - i}`);

describe('a list of paths', () => {
  it('is in the order of people, and then cut off', () => {
    expect(quotedPaths(files)).toBe('"f1", "f2", "f3" and 9 more');
    expect(pathLines(['f10', 'f2', 'f1'])).toBe('f1\nf2\nf10');
    const lines = pathSection('Will be restored', files).split('\n');
    expect(lines.slice(0, 3)).toEqual(['Will be restored (12):', '  f1', '  f2']);
    expect(lines.slice(-2)).toEqual(['  f10', '  … and 2 more']);
  });

  it('is left out without a path', () => {
    expect(pathSection('Will be restored', [])).toBe('');
  });
});

it('keeps the order of lines that are no paths', () => {
  expect(listSection('Will be deleted', ['Nov 24', 'Nov 3'])).toBe('Will be deleted (2):\n  Nov 24\n  Nov 3');
});
