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

it('any other error remains as it is', () => {
  const errors = [new TypeError('x'), Object.assign(new Error('x'), { errno: -13, code: 'EACCES' }), undefined];
  expect(errors.map(asDiskError)).toEqual(errors);
});
