import { chmodSync, lstatSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../test/temporaryFolder';
import { AuthorizedKeys } from './authorizedKeys';
import { keyLine, type AllowedKey } from './keyLine';

const blob = 'AAAAC3NzaC1lZDI1NTE5AAAAIHhFThSBWPXpg5rSqKLZsRet64GWUrVGU6hV+giuF3Kf';
const key = { type: 'ssh-ed25519', blob, comment: 'me@laptop' };
const laptop: AllowedKey = { name: 'laptop', dataFolder: '/srv/one', trees: null, readOnly: false, key };
const line = (allowed: AllowedKey): string => keyLine(allowed, ['/usr/bin/node', '/opt/palmtree-server.mjs']);
const others = Buffer.concat([Buffer.from('# of others\nssh-rsa AAAA x\r\n\n'), Buffer.from([0xff, 0xfe, 0x0a])]);

function fileWith(content?: Buffer): string {
  const folder = join(temporaryFolder(), '.ssh');
  const file = join(folder, 'authorized_keys');
  if (content === undefined) return file;
  mkdirSync(folder);
  writeFileSync(file, content);
  return file;
}

const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);

it('makes the file and its folder for their owner alone', () => {
  const file = fileWith();
  new AuthorizedKeys(file).add(line(laptop));
  expect(readFileSync(file, 'utf8')).toBe(`${line(laptop)}\n`);
  expect([mode(file), mode(join(file, '..'))]).toEqual(['600', '700']);
});

it('keeps the lines of others byte for byte', () => {
  const file = fileWith(others);
  chmodSync(file, 0o644);
  const keys = new AuthorizedKeys(file);
  keys.add(line(laptop));
  keys.add(line({ ...laptop, dataFolder: '/srv/two' }));
  expect(readFileSync(file).subarray(0, others.length).equals(others)).toBe(true);
  expect(keys.list('/srv/one')).toEqual([laptop]);
  expect(keys.remove('/srv/one', 'laptop')).toBe(true);
  expect(keys.remove('/srv/two', 'laptop')).toBe(true);
  expect(readFileSync(file).equals(others)).toBe(true);
  expect(keys.remove('/srv/two', 'laptop')).toBe(false);
  expect(mode(file)).toBe('600');
});

it('ends the last line before it adds one', () => {
  const file = fileWith(Buffer.from('ssh-rsa AAAA x'));
  new AuthorizedKeys(file).add(line(laptop));
  expect(readFileSync(file, 'utf8')).toBe(`ssh-rsa AAAA x\n${line(laptop)}\n`);
});

it('refuses a key that has a line, which is the only one that sshd would use', () => {
  const file = fileWith(Buffer.from(`# mine\nssh-ed25519 ${blob} me\n`));
  expect(() => new AuthorizedKeys(file).requireNew(key)).toThrow('The key is in line 2');
});

it('takes a key whose line is a comment, as sshd skips it', () => {
  const file = fileWith(Buffer.from(`#ssh-ed25519 ${blob} me\n \t# ssh-ed25519 ${blob} me\n`));
  expect(() => new AuthorizedKeys(file).requireNew(key)).not.toThrow();
});

it('writes the file that a symlink names', () => {
  const file = fileWith();
  const real = join(temporaryFolder(), 'keys');
  writeFileSync(real, others);
  mkdirSync(join(file, '..'));
  symlinkSync(real, file);
  new AuthorizedKeys(file).add(line(laptop));
  expect(lstatSync(file).isSymbolicLink()).toBe(true);
  expect(readFileSync(real).length).toBeGreaterThan(others.length);
});
