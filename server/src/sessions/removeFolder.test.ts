import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../test/temporaryFolder';
import { removeFolder } from './removeFolder';

/** Creates folders in each other, and a file in the last. The path of the deepest has more than 4,096 bytes. */
function createDeepFolder(folder: string, { depth, nameBytes }: { depth: number; nameBytes: number }): void {
  const create = `for (let i = 0; i < ${depth}; i++) { fs.mkdirSync('${'d'.repeat(nameBytes)}'); process.chdir('${'d'.repeat(nameBytes)}'); }`;
  execFileSync(process.execPath, ['-e', `${create} fs.writeFileSync('file', '');`], { cwd: folder });
}

test.each([
  [3, 250],
  [40, 250],
  [2_500, 1],
])('%d folders in each other are removed', async (depth, nameBytes) => {
  const folder = join(temporaryFolder(), 'filled');
  mkdirSync(folder);
  createDeepFolder(folder, { depth, nameBytes });
  mkdirSync(join(folder, 'beside'));
  writeFileSync(join(folder, 'beside/file'), '');
  await removeFolder(folder);
  expect(existsSync(folder)).toBe(false);
});

test('folders whose modes forbid reading them are removed', async () => {
  const folder = join(temporaryFolder(), 'filled');
  for (const name of ['closed', 'unwritable', 'unsearchable']) {
    mkdirSync(join(folder, name, 'in/deeper'), { recursive: true });
    writeFileSync(join(folder, name, 'in/file'), '');
  }
  chmodSync(join(folder, 'closed'), 0);
  chmodSync(join(folder, 'unwritable/in'), 0o500);
  chmodSync(join(folder, 'unwritable'), 0o500);
  chmodSync(join(folder, 'unsearchable'), 0o600);
  await removeFolder(folder);
  expect(existsSync(folder)).toBe(false);
});

test('links are removed, and their targets stay', async () => {
  const scratch = temporaryFolder();
  const target = join(scratch, 'target');
  mkdirSync(target);
  writeFileSync(join(target, 'file'), 'kept');
  const folder = join(scratch, 'filled');
  mkdirSync(folder);
  symlinkSync(target, join(folder, 'link'));
  createDeepFolder(folder, { depth: 40, nameBytes: 250 });
  await removeFolder(folder);
  expect(existsSync(folder)).toBe(false);
  expect(existsSync(join(target, 'file'))).toBe(true);
});

test('a file in place of the folder is removed, and a missing folder is no error', async () => {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  await removeFolder(file);
  expect(existsSync(file)).toBe(false);
  await removeFolder(file);
});
