import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../core/cooperativeTask';
import type { Entry } from '../../core/entry';
import { entry, shown } from '../../core/testing/fixtures';
import type { RemoteFile } from '../../core/wire';
import { StoredMap } from '../../io/entries/storedMap';
import { AncestorState, type FileTableSource } from './ancestorState';

const { signal } = new AbortController();

function state(): AncestorState {
  return new AncestorState({
    otherWriters: [],
    revision: 1,
    syncedAt: undefined,
    revisionId: 'id-1',
    ancestor: new StoredMap<Entry>(),
    unappliedRemote: new StoredMap<Entry | null>(),
  });
}

/** A server at revision 2 with `changes`; an empty content is a deletion. */
function server(changes: Record<string, string>): FileTableSource {
  const files = Object.entries(changes).map(([path, content]): RemoteFile => {
    return content === '' ? { path, deleted: true, revision: 2 } : entry(path, content);
  });
  return { client: { files: () => Promise.resolve({ revision: 2, id: 'id-2', folders: [], files }) }, tree: 'notes' };
}

/** The ancestor and the unapplied remote entries, each as `path: content`. */
function tables({ entries, unappliedRemote }: AncestorState): [string[], string[]] {
  const unapplied = [...unappliedRemote].map(([path, side]) => `${path}: ${shown(side ?? undefined)}`);
  return [[...entries].map(([path, value]) => `${path}: ${shown(value)}`), unapplied];
}

describe('the ancestor', () => {
  it('moves to a revision whose other changes become unapplied', async () => {
    const ancestor = state();
    for (const path of ['a', 'b', 'c']) ancestor.markSynced(path, entry(path, '1'));
    const fetched = await ancestor.fetchRemoteChanges(server({ a: '2', b: '', c: '1' }), signal);
    expect([ancestor.revision, ancestor.knownRevision]).toEqual([1, 2]);
    ancestor.markSynced('a', entry('a', '2'));
    await ancestor.moveTo(fetched, fetched.changes, new Set(['a']));
    expect(tables(ancestor)).toEqual([['a: 2', 'b: 1', 'c: 1'], ['b: ']]);
    expect([ancestor.revision, ancestor.revisionId, ancestor.remoteChanges]).toEqual([2, 'id-2', undefined]);
    expect(ancestor.isDeletedOnServer('b')).toBe(true);
  });

  it('yields the table of the server, at the last synced revision or with the fetched changes', async () => {
    const ancestor = state();
    ancestor.markSynced('a', entry('a', '1'));
    ancestor.restoreBase('a', entry('a', '0'));
    await ancestor.fetchRemoteChanges(server({ b: '2' }), signal);
    expect(shown(ancestor.remote('lastSynced').get('a'))).toBe('1');
    expect([...ancestor.remote('lastSynced').keys()]).toEqual(['a']);
    expect([...ancestor.remote('known').keys()]).toEqual(['a', 'b']);
  });

  it('counts a push whose response was lost as synced, if the server has its changes', async () => {
    const ancestor = state();
    ancestor.setPendingCommit([
      { path: 'a', from: undefined, to: entry('a', 'mine') },
      { path: 'b', from: undefined, to: entry('b', 'mine') },
    ]);
    await ancestor.fetchRemoteChanges(server({ a: 'mine', b: 'theirs' }), signal);
    ancestor.reconcileLostCommit();
    expect(tables(ancestor)).toEqual([['a: mine'], []]);
  });

  it('releases an untracked path to the unapplied entries, so that it does not look deleted', () => {
    const ancestor = state();
    ancestor.markSynced('a', entry('a', '1'));
    ancestor.markSynced('b', entry('b', '1'));
    runToEnd(ancestor.releaseUntrackedSteps((path) => path === 'a'));
    expect(tables(ancestor)).toEqual([['a: 1'], ['b: 1']]);
  });

  it('leaves a newer version of the server unapplied after a merge with an earlier one', () => {
    const ancestor = state();
    ancestor.markMergedWith(entry('a', 'merged'), entry('a', 'newer'));
    expect(tables(ancestor)).toEqual([['a: merged'], ['a: newer']]);
  });

  it('is dropped at a path whose local file equals it, to put that file in conflict with an unapplied entry', () => {
    const ancestor = state();
    ancestor.markMergedWith(entry('a', '1'), entry('a', '2'));
    ancestor.markSynced('b', entry('b', '1'));
    for (const path of ['a', 'b']) ancestor.conflictWithUnapplied(entry(path, '1'));
    expect(tables(ancestor)).toEqual([['b: 1'], ['a: 2']]);
  });
});
