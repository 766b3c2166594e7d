import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Exclusion } from './exclusion';
import { ignoreLine, withIgnoreLines } from './ignoreLine';

const excluded = (line: string, paths: readonly string[]): string[] => {
  const exclusion = new Exclusion([], [], { ignore: `${line}\n` });
  return paths.filter((path) => exclusion.excludesFile(path, ''));
};

describe('the line for a path', () => {
  it.each(['a', 'a b', '#a', '!a', 'a ', 'a  ', 'a\t', 'a*', 'a?', '[a]', 'a]', '[!a]', 'ö', 'n/a b/#c', '\\a', 'a\\'])(
    'excludes exactly the file %j',
    (path) => {
      expect(excluded(ignoreLine(path, 'file'), [path, `x/${path}`, `${path}x`, 'aa', 'b'])).toEqual([path]);
    },
  );

  it('excludes a folder with everything in it, and no file of its name', () => {
    const line = ignoreLine('n/[b] ', 'folder');
    expect(excluded(line, ['n/[b] /c', 'n/[b] /d/e', 'n/[b] ', 'n/b/c', 'x/n/[b] /c'])).toEqual([
      'n/[b] /c',
      'n/[b] /d/e',
    ]);
  });

  it('excludes whatever path it is for', () => {
    const name = fc.string({
      unit: fc.constantFrom('a', 'b', ' ', '#', '!', '[', ']', '*', '?', '\\', '.', '\n'),
      minLength: 1,
      maxLength: 5,
    });
    const segment = name.filter((text) => text !== '.' && text !== '..');
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 3 }), (segments) => {
        const path = segments.join('/');
        expect(excluded(ignoreLine(path, 'file'), [path, 'other'])).toEqual([path]);
      }),
    );
  });
});

describe('lines', () => {
  it('come after those that are there, with their line breaks', () => {
    expect(withIgnoreLines('', ['/a'])).toBe('/a\n');
    expect(withIgnoreLines('*.log', ['/a', '/b'])).toBe('*.log\n/a\n/b\n');
    expect(withIgnoreLines('*.log\r\n', ['/a'])).toBe('*.log\r\n/a\r\n');
  });

  it('are not repeated', () => {
    expect(withIgnoreLines('/a\r\n*.log\r\n', ['/a'])).toBe('/a\r\n*.log\r\n');
    expect(withIgnoreLines('/b\n', ['/a', '/a', '/b'])).toBe('/b\n/a\n');
  });
});
