import { describe, expect, it } from 'vitest';
import { defaultExclude, excludedPatterns, isExcludeSetting } from './excludeSetting';
import { Selection } from './selection';

function includedBy(exclude: readonly string[], paths: readonly string[]): string[] {
  const selection = new Selection({ rules: [{ path: '', kind: 'folder', effect: 'track' }], exclude });
  return paths.filter((path) => selection.includes(path));
}

const litter = [
  ...['.git/config', 'a/node_modules/b', '.vscode/settings.json', 'sub/.vscode/settings.json'],
  ...['.DS_Store', 'Thumbs.db', 'thumbs.db', 'a/desktop.ini', 'Desktop.ini'],
  ...['._notes.md', '.Trash-1000/files/a', '.Trashes/501/a', '$RECYCLE.BIN/S-1/a', 'n/lost+found/#1'],
  ...['System Volume Information/a', '.Spotlight-V100/a', '.fseventsd/a', '.TemporaryItems/a'],
  ...['.nfs00000000012a', '.fuse_hidden0000012a00000001', '.notes.md.kate-swp'],
  ...['.notes.md.swp', 'a/.notes.md.swo', '.a b.txt.swx', 'notes.md~', '.notes.md.un~'],
  ...['.#notes.md', '#notes.md#', 'a/#x y#', '.~lock.table.ods#', '~$report.docx'],
  ...['.goutputstream-AB12CD', 'notes.md___jb_tmp___', 'notes.md___jb_old___', '~WRL0001.tmp', '.sublab1.tmp'],
];
const files = [
  ...['notes.md', '.vscode/tasks.json', '.vscode/settings.json.bak', 'vscode/settings.json', 'x.vscode/settings.json'],
  ...['swp', 'a.swp', '.swiftlint.yml', '~notes', '$x', '#notes.md', 'notes#', '.lock', 'lock.ods#', 'Thumbs.dbx'],
  ...['goutputstream-1', 'x.tmp.md', 'tmp', '.DS_Store2', '.gitignore', 'git', 'desktop.ini.txt', 'a\nb', '日本'],
  ...['_notes', '.Trash', 'Trash-1000', 'lost and found', '.nfsrc', 'fuse_hidden', 'System Volume', 'RECYCLE.BIN'],
];

describe('the setting for excluded paths', () => {
  it('excludes the litter of editors and systems by default, and nothing else', () => {
    const patterns = excludedPatterns(defaultExclude);
    expect(includedBy(patterns, litter)).toEqual([]);
    expect(includedBy(patterns, files)).toEqual(files);
  });

  it('loses a pattern that is set to false, and gains one that is set to true', () => {
    const patterns = excludedPatterns({ ...defaultExclude, '*.tmp': false, '*.key': true });
    expect(includedBy(patterns, ['a.tmp', 'a.key', '.DS_Store', 'a'])).toEqual(['a.tmp', 'a']);
  });

  it('excludes no less than a value of a wrong type may mean', () => {
    for (const value of [['*.key'], '*.key', { '*.key': 'yes' }, { '*.key': null }, ['*.key', 7]]) {
      expect(isExcludeSetting(value)).toBe(false);
      expect(includedBy(excludedPatterns(value), ['a.key', 'a'])).toEqual(['a']);
    }
    for (const value of [undefined, null, 7, true, []]) {
      expect(isExcludeSetting(value)).toBe(false);
      expect(includedBy(excludedPatterns(value), litter)).toEqual([]);
    }
    expect([isExcludeSetting(defaultExclude), isExcludeSetting({})]).toEqual([true, true]);
  });
});
