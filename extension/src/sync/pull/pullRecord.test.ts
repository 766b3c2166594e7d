import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Change } from '../../core/change';
import { entry, table } from '../../core/testing/fixtures';
import type { ApplyResult } from '../../io/apply/applyState';
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

function pulled(name: string, pulledChanges = changes): Omit<PullRecord, 'state' | 'at'> {
  const backup = join(backups, name);
  return {
    kind: 'pull',
    server: 'https://sync.example.org',
    tree: 'notes',
    revision: 7,
    changes: pulledChanges,
    backup,
  };
}

function applied(...skipped: readonly string[]): ApplyResult {
  return { written: [], removed: [], skipped: skipped.map((path) => ({ path, reason: 'changed' })) };
}

async function readAll(): Promise<PullRecord[]> {
  const records: PullRecord[] = [];
  for await (const record of pullRecords(backups)) records.push(record);
  return records;
}

describe('recordPull', () => {
  it('writes the record before the first file is changed, and removes skipped paths from it afterwards', async () => {
    await recordPull(pulled('1'), async () => {
      expect(await readAll()).toMatchObject([{ ...pulled('1'), state: 'made' }]);
      return applied('deleted');
    });
    const made = changes.filter(({ path }) => path !== 'deleted');
    expect(await readAll()).toMatchObject([{ ...pulled('1', made), state: 'made' }]);
  });

  it('keeps the record of a pull that fails', async () => {
    await expect(recordPull(pulled('1'), () => Promise.reject(new Error('killed')))).rejects.toThrow('killed');
    expect(await readAll()).toMatchObject([pulled('1')]);
  });

  it('keeps no record if there was nothing to do or all paths were skipped', async () => {
    await recordPull(pulled('1', []), () => Promise.resolve(applied()));
    await recordPull(pulled('2'), () => Promise.resolve(applied('added', 'deleted', 'link')));
    expect(await readdir(backups)).toEqual([]);
    await rm(backups, { recursive: true });
    expect(await readAll()).toEqual([]);
    await recordPull(pulled('3'), () => Promise.resolve(applied()));
    expect(await readAll()).toHaveLength(1);
  });
});

describe('pullRecords', () => {
  it('reads records as they were written, newest first, without damaged ones', async () => {
    const at = '2026-11-24T12:00:00.000Z';
    for (const name of ['1', '3', '2']) await saveRecord({ ...pulled(name), state: 'undone', at });
    await writeFile(join(backups, '4.pull.json'), '{"version":1,');
    await writeFile(join(backups, '5.pull.json'), '{"version":2,"state":"made","revision":1,"changes":[]}');
    const outside = { path: '../out', before: null, after: null };
    const escaping = { version: 1, state: 'made', revision: 1, at, changes: [outside] };
    await writeFile(join(backups, '6.pull.json'), JSON.stringify(escaping));
    const expected = ['3', '2', '1'].map((name): PullRecord => ({ ...pulled(name), state: 'undone', at }));
    expect(await readAll()).toEqual(expected);
  });
});

describe('checkRecord', () => {
  it('counts a change as made only if the disk confirms it', () => {
    const check = (disk: Record<string, string>) => {
      const { unchanged, changed } = checkRecord({ changes }, (path) => table(disk).get(path));
      return { unchanged: unchanged.map(({ path }) => path), changed };
    };
    expect(check({ added: 'new', link: '-> b' })).toEqual({ unchanged: ['added', 'deleted', 'link'], changed: [] });
    expect(check({ deleted: 'old', link: '-> a' })).toEqual({ unchanged: [], changed: [] });
    expect(check({ added: 'mine', deleted: 'mine', link: '-> c' })).toEqual({
      unchanged: [],
      changed: ['added', 'deleted', 'link'],
    });
    expect(check({ added: 'new x' })).toEqual({ unchanged: ['deleted'], changed: ['added', 'link'] });
    expect(checkRecord({ changes }, () => 'unknown').changed).toHaveLength(3);
  });
});
