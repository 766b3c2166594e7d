import { expect, it } from 'vitest';
import { asDiskError } from './storeError';

it.each([
  ['ENOSPC', 'disk_full'],
  ['EDQUOT', 'disk_full'],
  ['EROFS', 'read_only'],
])('the system error %s becomes %s, with its folder', (errno, code) => {
  const error = Object.assign(new Error(errno), { errno: -1, code: errno, path: '/data/n/a' });
  expect(asDiskError(error)).toMatchObject({ code, details: { subject: '/data/n' } });
});

it.each(['EIO', 'EMFILE', 'EACCES', 'ELOOP'])(
  'the system error %s becomes disk_fault, with its path and code',
  (errno) => {
    const error = Object.assign(new Error('x'), { errno: -1, code: errno, syscall: 'open', path: '/data/a' });
    expect(asDiskError(error)).toMatchObject({ code: 'disk_fault', details: { subject: '/data/a', reason: errno } });
  },
);

it('an error of an open file becomes disk_fault without a path', () => {
  const error = Object.assign(new Error('x'), { errno: -5, code: 'EIO', syscall: 'read' });
  expect(asDiskError(error)).toMatchObject({ code: 'disk_fault', details: { subject: '', reason: 'EIO' } });
});

it('an error of another kind remains as it is', () => {
  const refused = { errno: -111, code: 'ECONNREFUSED', syscall: 'connect' };
  const notFound = { errno: -2, code: 'ENOENT', syscall: 'spawn rsync', path: 'rsync' };
  const errors = [new TypeError('x'), Object.assign(new Error('x'), refused), Object.assign(new Error('x'), notFound)];
  expect(errors.map(asDiskError)).toEqual(errors);
});
