import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Change } from '../../core/change';
import { entry, table } from '../../core/testing/fixtures';
import type { TransitionResult } from '../../io/apply/transition';
import { pullRecords, recordPull, saveRecord, checkRecord, type PullRecord } from './pullRecord';

let backups: string;

beforeEach(async () => {
  backups = await mkdtemp(join(tmpdir(), 'palmtree-records-'));
});
afterEach(() => rm(backups, { recursive: true }));

const changes: readonly Change[] = [
  { path: 'added', from: undefined, to: entry('added', 'new') },
  { path: 'deleted', from: entry('deleted', 'old'), to: undefined },
  { path: 'link', from: entry('link', '-> a'), to: entry('link', '-> b') },
];

function pulled(name: string, made = changes): Omit<PullRecord, 'state' | 'at'> {
  return { server: 'https://sync.example.org', tree: 'notes', revision: 7, changes: made, backup: join(backups, name) };
}

function applied(...skipped: readonly string[]): TransitionResult {
  return { written: [], removed: [], skipped: skipped.map((path) => ({ path, reason: 'changed' })) };
}

async function found(): Promise<PullRecord[]> {
  const records: PullRecord[] = [];
  for await (const record of pullRecords(backups)) records.push(record);
  return records;
}

describe('the record of a pull', () => {
  it('is there before the first file is touched, and leaves out what was held back', async () => {
    await recordPull(pulled('1'), async () => {
      expect(await found()).toMatchObject([{ ...pulled('1'), state: 'made' }]);
      return applied('deleted');
    });
    const made = changes.filter(({ path }) => path !== 'deleted');
    expect(await found()).toMatchObject([{ ...pulled('1', made), state: 'made' }]);
  });

  it('stays when the pull died', async () => {
    await expect(recordPull(pulled('1'), () => Promise.reject(new Error('killed')))).rejects.toThrow('killed');
    expect(await found()).toMatchObject([pulled('1')]);
  });

  it('is none when nothing was to be done, or nothing could be', async () => {
    await recordPull(pulled('1', []), () => Promise.resolve(applied()));
    await recordPull(pulled('2'), () => Promise.resolve(applied('added', 'deleted', 'link')));
    expect(await readdir(backups)).toEqual([]);
    await rm(backups, { recursive: true });
    expect(await found()).toEqual([]);
    await recordPull(pulled('3'), () => Promise.resolve(applied()));
    expect(await found()).toHaveLength(1);
  });

  it('is read back as it was written, newest first, and passed over when it is damaged', async () => {
    const at = '2026-11-24T12:00:00.000Z';
    for (const name of ['1', '3', '2']) await saveRecord({ ...pulled(name), state: 'undone', at });
    await writeFile(join(backups, '4.pull.json'), '{"version":1,');
    await writeFile(join(backups, '5.pull.json'), '{"version":2,"state":"made","revision":1,"changes":[]}');
    const outside = { path: '../out', before: null, after: null };
    const escaping = { version: 1, state: 'made', revision: 1, at, changes: [outside] };
    await writeFile(join(backups, '6.pull.json'), JSON.stringify(escaping));
    const expected = ['3', '2', '1'].map((name): PullRecord => ({ ...pulled(name), state: 'undone', at }));
    expect(await found()).toEqual(expected);
  });

  it('is believed only where the disk agrees', () => {
    const record: PullRecord = { ...pulled('1'), state: 'made', at: '' };
    const standing = (disk: Record<string, string>) => {
      const { untouched, changed } = checkRecord(record, (path) => table(disk).get(path));
      return { untouched: untouched.map(({ path }) => path), changed };
    };
    expect(standing({ added: 'new', link: '-> b' })).toEqual({ untouched: ['added', 'deleted', 'link'], changed: [] });
    expect(standing({ deleted: 'old', link: '-> a' })).toEqual({ untouched: [], changed: [] });
    expect(standing({ added: 'mine', deleted: 'mine', link: '-> c' })).toEqual({
      untouched: [],
      changed: ['added', 'deleted', 'link'],
    });
    expect(standing({ added: 'new x' })).toEqual({ untouched: ['deleted'], changed: ['added', 'link'] });
    expect(checkRecord(record, () => 'unknown').changed).toHaveLength(3);
  });
});
