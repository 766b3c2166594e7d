import { expect, it } from 'vitest';
import { fileEntry, putChange, tableHead } from './schemas';

const file = { path: 'a', kind: 'file', size: 0, mtimeNs: '0', mode: 0o644, hash: '0'.repeat(64) };

it.each(['9223372036854775807', '-9223372036854775808', '0', '-1'])('takes the time %s', (mtimeNs) => {
  expect(putChange.safeParse({ ...file, op: 'put', mtimeNs }).success).toBe(true);
  expect(fileEntry.safeParse({ ...file, revision: 1, mtimeNs }).success).toBe(true);
});

it.each(['9223372036854775808', '-9223372036854775809', '9999999999999999999', '1e9', '', 'not a time of 19 digits'])(
  'refuses the time %j, which 64 bits cannot store',
  (mtimeNs) => {
    expect(putChange.safeParse({ ...file, op: 'put', mtimeNs }).success).toBe(false);
    expect(fileEntry.safeParse({ ...file, revision: 1, mtimeNs }).success).toBe(false);
  },
);

it('refuses a table with more tracked folders than a tree may have, before it checks them', () => {
  const head = (folders: number) => ({
    revision: 1,
    id: '',
    folders: Array.from({ length: folders }, String),
    count: 0,
  });
  expect(tableHead.safeParse(head(5_000)).success).toBe(true);
  const { error } = tableHead.safeParse(head(5_001));
  expect(error?.issues).toHaveLength(1);
});
