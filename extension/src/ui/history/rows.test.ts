import { describe, expect, it } from 'vitest';
import { versionBefore } from './rows';

const removed = { count: 2, since: 5 };

describe('the version before one in the list', () => {
  it('is the next one in the list, which stands in for removed ones', () => {
    const next = { before: 4, isBeforeRemoved: false };
    expect(versionBefore({ revision: 9 }, { revision: 4 }, false)).toEqual(next);
    expect(versionBefore({ revision: 9, removed }, { revision: 4 }, true)).toEqual(next);
  });

  it('is the file before the removed versions if it is on the next page', () => {
    expect(versionBefore({ revision: 9 }, undefined, true)).toEqual({ before: 8, isBeforeRemoved: false });
    expect(versionBefore({ revision: 9, removed }, undefined, true)).toEqual({ before: 4, isBeforeRemoved: false });
  });

  it('is none at the end of the list, where it may have been removed', () => {
    expect(versionBefore({ revision: 9 }, undefined, false)).toEqual({ before: 0, isBeforeRemoved: false });
    expect(versionBefore({ revision: 9, removed }, undefined, false)).toEqual({ before: 0, isBeforeRemoved: true });
  });
});
