import { expect, it } from 'vitest';
import { checkKeyName, keyLine, parseKeyLine, type AllowedKey } from './keyLine';
import { fingerprint, parsePublicKey } from './publicKey';

const text = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHhFThSBWPXpg5rSqKLZsRet64GWUrVGU6hV+giuF3Kf me@laptop';
const key = parsePublicKey(text);
const allowed: AllowedKey = { name: 'my laptop', dataFolder: '/srv/palm tree', trees: null, readOnly: false, key };
const program = ['/usr/bin/node', '/opt/palmtree-server.mjs'] as const;

it('lets a key run palmtree-server connect, and nothing else', () => {
  expect(keyLine(allowed, program)).toBe(
    `restrict,command="'/usr/bin/node' '/opt/palmtree-server.mjs' connect --data='/srv/palm tree' --as='my laptop'" ${text}`,
  );
});

it.each([
  allowed,
  { ...allowed, trees: ['notes', 'my.tree_2'] },
  { ...allowed, readOnly: true, key: { ...key, comment: '' } },
  { ...allowed, name: 'Zoë', trees: ['notes'], readOnly: true },
])('reads its own line again: %o', (value) => {
  expect(parseKeyLine(keyLine(value, program))).toEqual(value);
});

it.each(['# a comment', '', text, `restrict ${text}`, `restrict,command="rsync --server" ${text}`])(
  'takes %s for the line of another program',
  (line) => {
    expect(parseKeyLine(line)).toBeUndefined();
  },
);

it.each(["/it's", '/a"b', '/a\nb', String.raw`/a\b`])(
  'refuses the path %j, which a shell or sshd would read otherwise',
  (path) => {
    expect(() => keyLine({ ...allowed, dataFolder: path }, program)).toThrow('has a quote');
    expect(() => keyLine(allowed, ['/usr/bin/node', path])).toThrow('has a quote');
  },
);

it.each(["a'b", 'a"b', '-x', '', 'a\nb', '$(id)', 'x'.repeat(101)])('refuses the name %j', (name) => {
  expect(() => checkKeyName(name)).toThrow('Choose a name');
});

it('tells the fingerprint as ssh-keygen does', () => {
  expect(fingerprint(key)).toBe('SHA256:5Lt74gt+J9JnAxjDmE3OMPtjACPAY78/H74vX4BaT0o');
});

it.each([
  ['no key', 'hello'],
  ['two keys', `${text}\n${text}`],
  ['options before the key', `command="id" ${text}`],
  ['another type than that of the key', text.replace('ssh-ed25519', 'ssh-rsa')],
  ['a shortened key', text.replace('3Kf', '')],
  ['a key of DSA', 'ssh-dss AAAAB3NzaC1kc3MAAACBAP1'],
])('refuses %s', (_, given) => {
  expect(() => parsePublicKey(given)).toThrow('This is not a public key');
});

it('refuses a private key, and says which one is right', () => {
  expect(() => parsePublicKey('-----BEGIN OPENSSH PRIVATE KEY-----\n')).toThrow('ends in .pub');
});
