import { expect, test } from 'vitest';
import { isRsyncNewEnough } from './systemPackages.mts';

test.each([
  ['rsync  version 3.5.0  protocol version 32', true],
  ['rsync  version 3.4.3  protocol version 32', true],
  ['rsync  version v3.10.0  protocol version 33', true],
  ['rsync  version 4.0.0  protocol version 33', true],
  ['rsync  version 3.4.2  protocol version 32', false],
  ['rsync  version 3.2.7  protocol version 31', false],
  ['openrsync: protocol version 29\nrsync version 2.6.9 compatible', false],
  ['', false],
])('of the rsync that says %j we know whether it is new enough', (text, enough) => {
  expect(isRsyncNewEnough(text)).toBe(enough);
});
