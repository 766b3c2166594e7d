import { mkdir, symlink } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { silent, type Machine } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();

function problems(machine: Machine): string[] {
  return [...machine.sync.pathStates].flatMap(([path, state]) => (state === 'problem' ? [path] : []));
}

test('an absolute symlink is a problem of its own path', async () => {
  const [desk] = await fixture.twoMachines();
  await desk.write('n/a', 'a');
  await symlink('/etc/hostname', desk.path('n/link'));
  await symlink('../../outside', desk.path('n/above'));
  await symlink('a', desk.path('n/good'));
  await desk.sync.track(['n']);
  expect(await desk.push()).toMatchObject({ put: 2 });
  expect(await fixture.pathsOnServer()).toEqual(['n/a', 'n/good']);
  expect(problems(desk)).toEqual(['n/above', 'n/link']);
});

test('a symlink that leads outside through one on the server is a problem of its own path', async () => {
  const [desk, laptop] = await fixture.twoMachines();
  await desk.write('n/a', 'a');
  await symlink('d/e/f/../..', desk.path('n/0'));
  await desk.sync.track(['n']);
  await desk.push();
  await laptop.pull();
  await laptop.sync.untrack(['n/0']);
  await laptop.delete('n/0');
  await mkdir(laptop.path('n/d/e'), { recursive: true });
  await symlink('../..', laptop.path('n/d/e/f'));
  await laptop.write('n/b', 'b');
  expect(await laptop.push()).toMatchObject({ put: 1 });
  expect(laptop.sync.problemAt('n/d/e/f')).toMatchObject({ reason: 'link-refused' });
  expect(await laptop.sync.forcePush(silent, () => Promise.resolve(true))).toMatchObject({ put: 0, deleted: 0 });
  expect(await fixture.pathsOnServer()).toEqual(['n/0', 'n/a', 'n/b']);
});
