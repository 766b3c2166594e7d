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

/** Starts a transaction that has written `name` and stays open until the test ends it. */
async function openWriter(name: string) {
  const written = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  const ended = database.transaction().execute(async (transaction) => {
    await add(transaction, name);
    expect(await names(transaction)).toContain(name);
    written.resolve();
    await end.promise;
  });
  await written.promise;
  return {
    commit: () => (end.resolve(), ended),
    fail: () => (end.reject(new Error('the test failed it')), ended),
  };
}

test('a reader does not wait for a writer, and sees the last commit', async () => {
  const { commit } = await openWriter('second');
  expect(await names(database)).toEqual(['first']);
  const seen = await database.transaction().setAccessMode('read only').execute(names);
  expect(seen).toEqual(['first']);
  await commit();
  expect(await names(database)).toEqual(['first', 'second']);
});

test('a writer waits for the previous writer', async () => {
  const { commit } = await openWriter('second');
  const third = openWriter('third');
  const fourth = add(database, 'fourth');
  await commit();
  await (await third).commit();
  await fourth;
  expect(await names(database)).toEqual(['first', 'second', 'third', 'fourth']);
});

test('a failed transaction leaves nothing behind, and the next writer continues', async () => {
  const { fail } = await openWriter('second');
  await expect(fail()).rejects.toThrow('the test failed it');
  await add(database, 'third');
  expect(await names(database)).toEqual(['first', 'third']);
});

test('the original error is thrown when SQLite has already rolled back', async () => {
  const failing = database.transaction().execute(async (transaction) => {
    await add(transaction, 'second');
    // SQLite itself does this when the disk is full.
    await transaction.executeQuery(CompiledQuery.raw('rollback'));
    throw new Error('the disk is full');
  });
  await expect(failing).rejects.toThrow('the disk is full');
  expect(await names(database)).toEqual(['first']);
});

test('a read-only transaction cannot write, and sees one snapshot', async () => {
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
