import { CompiledQuery } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { temporaryFolder } from '../../test/temporaryFolder';
import { openDatabase, type Database } from './openDatabase';

let database: Database;

beforeEach(async () => {
  database = await openDatabase(temporaryFolder());
  await add(database, 'first');
});
afterEach(() => database.destroy());

function add(to: Database, name: string) {
  return to.insertInto('trees').values({ name, head: 0, created_at: '' }).execute();
}

async function names(from: Database): Promise<string[]> {
  const rows = await from.selectFrom('trees').select('name').orderBy('id').execute();
  return rows.map(({ name }) => name);
}

/** A transaction that has written `name`, and stays open until it is told how to end. */
async function writing(name: string) {
  const begun = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  const ended = database.transaction().execute(async (transaction) => {
    await add(transaction, name);
    expect(await names(transaction)).toContain(name);
    begun.resolve();
    await end.promise;
  });
  await begun.promise;
  return {
    commit: () => (end.resolve(), ended),
    fail: () => (end.reject(new Error('given up')), ended),
  };
}

test('who reads does not wait for who writes, and sees what is committed', async () => {
  const { commit } = await writing('second');
  expect(await names(database)).toEqual(['first']);
  const seen = await database.transaction().setAccessMode('read only').execute(names);
  expect(seen).toEqual(['first']);
  await commit();
  expect(await names(database)).toEqual(['first', 'second']);
});

test('who writes waits for who writes', async () => {
  const { commit } = await writing('second');
  const third = writing('third');
  const fourth = add(database, 'fourth');
  await commit();
  await (await third).commit();
  await fourth;
  expect(await names(database)).toEqual(['first', 'second', 'third', 'fourth']);
});

test('what fails leaves nothing behind, and the next one goes on', async () => {
  const { fail } = await writing('second');
  await expect(fail()).rejects.toThrow('given up');
  await add(database, 'third');
  expect(await names(database)).toEqual(['first', 'third']);
});

test('a failure after which nothing is left to be rolled back is told as it was', async () => {
  const failing = database.transaction().execute(async (transaction) => {
    await add(transaction, 'second');
    // As SQLite does it when the disk is full.
    await transaction.executeQuery(CompiledQuery.raw('rollback'));
    throw new Error('the disk is full');
  });
  await expect(failing).rejects.toThrow('the disk is full');
  expect(await names(database)).toEqual(['first']);
});

test('a transaction that reads only cannot write, and sees one moment', async () => {
  await database
    .transaction()
    .setAccessMode('read only')
    .execute(async (transaction) => {
      expect(await names(transaction)).toEqual(['first']);
      await add(database, 'second');
      expect(await names(transaction)).toEqual(['first']);
      await expect(add(transaction, 'third')).rejects.toThrow('readonly');
    });
  expect(await names(database)).toEqual(['first', 'second']);
});
