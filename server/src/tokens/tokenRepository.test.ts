import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../../test/temporaryFolder';
import { openDatabase } from '../database/openDatabase';
import { TokenRepository } from './tokenRepository';

test('a client that connects twice at once for the first time is one token', async () => {
  const database = await openDatabase(temporaryFolder());
  onTestFinished(() => database.destroy());
  const tokens = new TokenRepository(database, () => new Date());
  const ids = await Promise.all([tokens.identify('laptop'), tokens.identify('laptop')]);
  expect(ids[0]).toBe(ids[1]);
  await tokens.create('phone', null);
  const others = await Promise.all([tokens.identify('phone'), tokens.identify('phone')]);
  expect(others[0]).toBe(others[1]);
  expect((await tokens.list()).map(({ name }) => name)).toEqual(['laptop', 'phone', 'phone (ssh)']);
});
