import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { asUser, paths, scanFolder } from '../../../test/support/scanFolder';

const folder = scanFolder();

beforeEach(() => {
  for (const path of ['a', 'n/a', 'n/secret']) folder.write(path);
});

const rescan = (options = {}) => asUser(() => folder.rescan(options));

describe('a partial scan', () => {
  it('uses the patterns of the last full scan, whatever the file says now', async () => {
    folder.write('.palmtreeignore', 'secret\n');
    const { shared } = await rescan();
    folder.write('.palmtreeignore', '# nothing\n');
    const scope = { ...folder.defaults().scope, shared: { ignore: shared?.ignore ?? '', exclude: [] } };
    const partial = await rescan({ only: ['n'], scope });
    expect([partial.changed, partial.removed, partial.shared]).toEqual([[], [], undefined]);
    expect(folder.known.has('n/secret')).toBe(false);
  });

  it('reads them if no scan has', async () => {
    folder.write('.palmtreeignore', 'secret\n');
    const { changed, shared } = await rescan({ only: ['n'] });
    expect([paths(changed), shared?.ignore]).toEqual([['n/a'], 'secret\n']);
  });
});

const ignoreFaults: [string, string, (path: string) => void][] = [
  ['without read permission', 'shared-unreadable', (path) => writeFileSync(path, 'secret', { mode: 0 })],
  ['that is a dangling link', 'shared-link', (path) => symlinkSync('nowhere', path)],
  ['that is a link to a file', 'shared-link', (path) => symlinkSync('a', path)],
  ['that is a pipe', 'shared-not-a-file', (path) => void execFileSync('mkfifo', [path])],
  ['that is a folder', 'shared-not-a-file', (path) => mkdirSync(path)],
  ['in UTF-16', 'shared-not-text', (path) => writeFileSync(path, '\uFEFFsecret\r\n', 'utf16le')],
  ['in Latin-1', 'shared-not-text', (path) => writeFileSync(path, 'sécret\n', 'latin1')],
  ['that is too large', 'shared-too-large', (path) => (writeFileSync(path, ''), truncateSync(path, (1 << 20) + 1))],
];

describe.each(ignoreFaults)('a .palmtreeignore %s', (_, reason, create) => {
  it('keeps everything from being synced or looking deleted, until it is mended', async () => {
    await rescan();
    create(join(folder.root, '.palmtreeignore'));
    rmSync(join(folder.root, 'n/a'));
    folder.write('n/new');
    for (const only of [undefined, ['n'], ['n/a']]) {
      const { changed, removed, problems } = await rescan({ only });
      expect([changed.filter(({ path }) => path !== '.palmtreeignore'), removed]).toEqual([[], []]);
      expect(problems).toMatchObject([{ path: '.palmtreeignore', reason }]);
    }
    rmSync(join(folder.root, '.palmtreeignore'), { recursive: true });
    folder.write('.palmtreeignore', 'secret\n');
    const { changed, removed, problems } = await rescan();
    expect([paths(changed), [...removed].sort(), problems]).toEqual([
      ['.palmtreeignore', 'n/new'],
      ['n/a', 'n/secret'],
      [],
    ]);
  });
});

describe('a .palmtree.json', () => {
  it('whose patterns are unknown keeps everything from being synced', async () => {
    folder.write('.palmtree.json', '{"exclude": "secret"}');
    expect(await rescan()).toMatchObject({
      changed: [{ path: '.palmtree.json' }],
      removed: [],
      problems: [{ path: '.palmtree.json', reason: 'shared-exclude' }],
    });
  });

  it('with another fault still excludes', async () => {
    folder.write('.palmtree.json', '{"exclude": ["secret"], "autoMerge": 1}');
    const { changed, problems, shared } = await rescan();
    expect(paths(changed).filter((path) => path !== '.palmtree.json')).toEqual(['a', 'n/a']);
    expect(problems).toMatchObject([{ path: '.palmtree.json', reason: 'setting-not-boolean', with: 'autoMerge' }]);
    expect(shared).toMatchObject({ exclude: ['secret'], autoMerge: undefined });
  });
});
