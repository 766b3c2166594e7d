import { describe, expect, it } from 'vitest';
import { brake } from './brake';
import type { Change } from './change';
import { entry } from './fixtures';

function changes(count: number, content: string, to: string | undefined): Change[] {
  return Array.from({ length: count }, (_, i) => {
    const path = `f${i}`;
    return { path, from: entry(path, `${content}${i}`), to: to === undefined ? undefined : entry(path, to) };
  });
}

describe('the brake', () => {
  it('stops a plan that deletes more than half', () => {
    expect(brake(changes(11, 'x', undefined), 20)).toEqual({ deletes: 11, emptied: 0, tracked: 20 });
    expect(brake(changes(10, 'x', undefined), 20)).toBeUndefined();
  });

  it('stops a plan that empties more than half', () => {
    expect(brake(changes(11, 'x', ''), 20)).toEqual({ deletes: 0, emptied: 11, tracked: 20 });
  });

  it('counts both together', () => {
    const plan = [...changes(6, 'x', undefined), ...changes(6, 'x', '')];
    expect(brake(plan, 20)).toEqual({ deletes: 6, emptied: 6, tracked: 20 });
  });

  it('stops at the loss of most of a small set, of all of a handful, and of no single file', () => {
    expect(brake(changes(6, 'x', undefined), 10)).toEqual({ deletes: 6, emptied: 0, tracked: 10 });
    expect(brake(changes(8, 'x', undefined), 9)).toBeUndefined();
    expect(brake(changes(9, 'x', undefined), 9)).toEqual({ deletes: 9, emptied: 0, tracked: 9 });
    expect(brake(changes(2, 'x', ''), 2)).toEqual({ deletes: 0, emptied: 2, tracked: 2 });
    expect(brake(changes(1, 'x', undefined), 1)).toBeUndefined();
    expect(brake(changes(9, 'x', undefined), 9, 0.5, 1)).toBeDefined();
  });

  it('lets edits and additions pass', () => {
    expect(brake(changes(20, 'x', 'y'), 20)).toBeUndefined();
    expect(
      brake(
        changes(20, 'x', 'y').map((c) => ({ ...c, from: undefined })),
        0,
      ),
    ).toBeUndefined();
  });

  it('takes a renamed folder for no loss', () => {
    const plan = changes(20, 'x', undefined);
    const put = plan.map(({ path, from }) => ({ path: `new/${path}`, from: undefined, to: from }));
    expect(brake([...plan, ...put], 20)).toBeUndefined();
  });
});
