import { entryWith, type Entry } from '../entry';
import type { NameRules } from '../filenames/nameRules';
import type { Observation } from '../observation';

/** The name rules of each system's usual disk. */
export const linux: NameRules = { foldsCase: false, normalizes: false, windows: false };
export const mac: NameRules = { foldsCase: true, normalizes: true, windows: false };
export const windows: NameRules = { foldsCase: true, normalizes: false, windows: true };

/**
 * A table from a short form: `{ a: 'one', b: 'two x', c: '-> a' }` is a file with the content "one", an executable file
 * with the content "two", and a symlink to a. A mode can also be octal: `'one 600'`.
 */
export function table(contents: Readonly<Record<string, string>>): Map<string, Entry> {
  return new Map(Object.entries(contents).map(([path, content]) => [path, entry(path, content)]));
}

/** The entry of `path` in the short form of `table`. */
export function entry(path: string, content: string): Entry {
  if (content.startsWith('-> ')) {
    const target = content.slice(3);
    return { path, kind: 'symlink', size: target.length, mtimeNs: 1n, mode: 0o777, hash: hashOf(target), target };
  }
  const [text = '', mode] = content.split(' ');
  return {
    path,
    kind: 'file',
    size: text.length,
    mtimeNs: 1n,
    mode: mode === undefined ? 0o644 : mode === 'x' ? 0o755 : parseInt(mode, 8),
    hash: hashOf(text),
  };
}

/** A substitute for SHA-256: 64 hex digits that differ for different texts of up to 32 characters. */
export function hashOf(text: string): string {
  const digits = Array.from(text, (char) => char.charCodeAt(0).toString(16).padStart(2, '0'));
  return digits.join('').padEnd(64, '0');
}

/** The short form of an entry, so that failed tests are readable; '' if it is absent. */
export function shown(entry: Entry | undefined): string {
  if (entry === undefined) return '';
  if (entry.kind === 'symlink') return `-> ${entry.target}`;
  const text = entry.hash.slice(0, entry.size * 2).replace(/../g, (pair) => String.fromCharCode(parseInt(pair, 16)));
  if (entry.mode === 0o644) return text;
  return `${text} ${entry.mode === 0o755 ? 'x' : entry.mode.toString(8)}`;
}

/** A plain object with the fields of an entry or observation, which `toEqual` can compare. */
export function fieldsOf<T extends Entry | Observation>(value: T): T {
  const entry = entryWith(value);
  if (!('ino' in value)) return entry as T;
  const { dev, ino, ctimeNs, racy } = value;
  return { ...entry, dev, ino, ctimeNs, racy } as T;
}
