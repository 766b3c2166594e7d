import { expect, it } from 'vitest';
import { entry } from '../testing/fixtures';
import { dropTooLongPaths } from './dropTooLongPaths';

const nothing = { uploads: [], downloads: [], conflicts: [], ancestorChanges: [] };

it('drops only new paths that are too long, each with its reason', () => {
  const change = (path: string, kind: 'new' | 'edited' | 'deleted') => ({
    path,
    from: kind === 'new' ? undefined : entry(path, 'a'),
    to: kind === 'deleted' ? undefined : entry(path, 'b'),
  });
  const downloads = [
    change('long', 'new'),
    change('old long', 'edited'),
    change('gone long', 'deleted'),
    change('b', 'new'),
  ];
  const { plan, problems } = dropTooLongPaths({ ...nothing, downloads }, (path) =>
    path.endsWith('long') ? 'path-too-long-to-stage' : undefined,
  );
  expect(plan.downloads.map(({ path }) => path)).toEqual(['old long', 'gone long', 'b']);
  expect([...problems.values()]).toEqual([{ path: 'long', reason: 'path-too-long-to-stage' }]);
});
