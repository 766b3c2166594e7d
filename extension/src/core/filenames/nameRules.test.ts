import { describe, expect, it } from 'vitest';
import { linux, mac, windows } from '../testing/fixtures';
import { isPlain, nameKey, rulesAt, type FolderNameRules } from './nameRules';

const stick = { folder: 'n/stick', ...windows };

describe('the rules of a mounted disk', () => {
  const withStick: FolderNameRules = { ...linux, mounts: [stick] };

  it('are for the names in its folder, and for no others', () => {
    expect(nameKey('n/stick/A.md', withStick)).toBe(nameKey('n/stick/a.md', withStick));
    expect(nameKey('n/stick/D/a', withStick)).toBe(nameKey('n/stick/d/a', withStick));
    expect(nameKey('n/A.md', withStick)).not.toBe(nameKey('n/a.md', withStick));
    expect(nameKey('n/Stick/a', withStick)).not.toBe(nameKey('n/stick/a', withStick));
    expect(nameKey('n/sticky/A', withStick)).not.toBe(nameKey('n/sticky/a', withStick));
    expect(rulesAt('n/stick/a', withStick).windows).toBe(true);
    expect(rulesAt('n/stick', withStick).windows).toBe(false);
    expect(isPlain(withStick)).toBe(false);
    expect(isPlain({ ...linux, mounts: [{ folder: 'n', ...linux }] })).toBe(true);
  });

  it('count where the folder is spelled differently on a disk that folds names', () => {
    const rules: FolderNameRules = { ...mac, mounts: [{ folder: 'N/Stick', ...linux }] };
    expect(nameKey('n/stick/a', rules)).toBe(nameKey('N/Stick/a', rules));
    expect(nameKey('n/stick/A', rules)).not.toBe(nameKey('N/Stick/a', rules));
  });

  it('end at a disk that is mounted in it', () => {
    const rules: FolderNameRules = { ...linux, mounts: [stick, { folder: 'n/stick/Inner', ...linux }] };
    expect(nameKey('n/stick/inner/a', rules)).toBe(nameKey('n/stick/Inner/a', rules));
    expect(nameKey('n/stick/inner/A', rules)).not.toBe(nameKey('n/stick/Inner/a', rules));
  });

  it('are found among many disks, beside and inside each other', () => {
    const folders = Array.from({ length: 20 }, (_, number) => `n/D${number}`);
    const nested = Array.from({ length: 20 }, (_, depth) => `n/Deep${'/In'.repeat(depth)}`);
    const mounts = [...folders, ...nested].map((folder, number) => ({ folder, ...(number % 2 === 0 ? mac : linux) }));
    const rules: FolderNameRules = { ...mac, mounts };
    const files = Array.from({ length: 250 }, (_, number) => `F${number}`);
    const spellings = (folder: string): Set<string> =>
      new Set(files.flatMap((file) => [file, file.toLowerCase()].map((name) => nameKey(`${folder}/${name}`, rules))));
    const counts = [...folders, ...nested].map((folder) => spellings(folder).size);
    expect(counts).toEqual(mounts.map(({ foldsCase }) => (foldsCase ? 250 : 500)));
    // The folders In are on the disk above: a mac's in every second one only.
    expect(nameKey('N/deep/in/In/f', rules)).toBe(nameKey('n/Deep/In/In/f', rules));
    expect(nameKey('n/Deep/In/in/f', rules)).not.toBe(nameKey('n/Deep/In/In/f', rules));
  });
});
