import { cp, link, mkdir, rename } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { RuleRename } from '../../src/core/tracking/moveRules';
import { transfer } from '../../src/io/transferFiles';
import { silent, type Machine, type MachineOptions } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();

/** Two machines with the same files, tracked by `tracked` on the first. */
async function synced(
  tracked: readonly string[],
  names: readonly string[],
  options: Partial<MachineOptions> = {},
): Promise<[Machine, Machine]> {
  const [desk, laptop] = await fixture.twoMachines(options);
  for (const name of names) await desk.write(name, `content of ${name}`);
  await desk.sync.track(tracked);
  await desk.push();
  await laptop.pull();
  return [desk, laptop];
}

/** The rules of a machine that are in force: `-` untracks, `/` is a folder. */
function rulesOf({ sync }: Machine): string[] {
  const lines = [...sync.rules.values()].map(({ path, kind, effect, renamedTo }) => {
    const short = `${effect === 'untrack' ? '-' : ''}${path}${kind === 'folder' ? '/' : ''}`;
    return renamedTo === undefined ? short : `${short} => ${renamedTo}`;
  });
  return lines.sort();
}

function followedBy({ sync }: Machine): string[] {
  const followed: string[] = [];
  sync.onDidFollowRenames((renames: readonly RuleRename[]) => {
    for (const { from, to } of renames) followed.push(`${from} > ${to}`);
  });
  return followed;
}

const pathsOf = async (machine: Machine): Promise<string[]> => [...(await machine.listing()).keys()];

/** Renames as the Explorer does. */
async function renameInEditor(machine: Machine, from: string, to: string): Promise<string[]> {
  await mkdir(machine.path(to).replace(/[^/]+$/, ''), { recursive: true });
  await machine.rename(from, to);
  return machine.sync.renames.follow([{ from, to }]);
}

type Move = [name: string, tracked: string[], files: string[], from: string, to: string, onServer: string[]];

const moves: Move[] = [
  ['a tracked file', ['a', 'b'], ['a', 'b'], 'a', 'c', ['b', 'c']],
  ['a tracked file into a new folder', ['a', 'b'], ['a', 'b'], 'a', 'd/a', ['b', 'd/a']],
  ['a tracked folder', ['n', 'b'], ['n/a', 'n/d/c', 'b'], 'n', 'm', ['b', 'm/a', 'm/d/c']],
  ['a tracked folder with one file', ['n', 'b'], ['n/a', 'b'], 'n', 'm', ['b', 'm/a']],
  ['the case of a folder', ['Notes', 'b'], ['Notes/a', 'Notes/c', 'b'], 'Notes', 'notes', ['b', 'notes/a', 'notes/c']],
  ['a folder that contains a tracked file', ['n/a', 'b'], ['n/a', 'b'], 'n', 'm', ['b', 'm/a']],
  ['a tracked file into a tracked folder', ['a', 'n'], ['a', 'n/b'], 'a', 'n/a', ['n/a', 'n/b']],
  ['a tracked folder into a tracked folder', ['m', 'n'], ['m/a', 'm/c', 'n/b'], 'm', 'n/m', ['n/b', 'n/m/a', 'n/m/c']],
];

describe.each([
  ['the editor', renameInEditor],
  [
    'another program',
    async (machine: Machine, from: string, to: string) => {
      await mkdir(machine.path(to).replace(/[^/]+$/, ''), { recursive: true });
      await machine.rename(from, to);
    },
  ],
] as const)('a rename by %s', (_, doRename) => {
  it.each(moves)('of %s travels, and the rule follows', async (_, tracked, files, from, to, onServer) => {
    const [desk, laptop] = await synced(tracked, files);
    await doRename(desk, from, to);
    await desk.push();
    expect(await fixture.pathsOnServer()).toEqual(onServer);
    await laptop.pull();
    expect(await pathsOf(laptop)).toEqual(onServer);
    await desk.pull();
    expect(rulesOf(desk).filter((rule) => rule.includes('=>') || rule.replace(/\/$/, '') === from)).toEqual([]);

    const edited = onServer.find((path) => path === to || path.startsWith(`${to}/`)) ?? '';
    await desk.write(edited, 'edited later');
    await desk.push();
    await laptop.pull();
    expect(await laptop.read(edited)).toBe('edited later');
  });
});

describe('a rename in the editor', () => {
  it('of a file out of its tracked folder keeps it tracked, and says so', async () => {
    const [desk, laptop] = await synced(['n'], ['n/a', 'n/b']);
    expect(await renameInEditor(desk, 'n/a', 'a')).toEqual(['a']);
    await desk.push();
    await laptop.pull();
    expect(await pathsOf(laptop)).toEqual(['a', 'n/b']);
  });

  it('of an untracked file keeps it untracked', async () => {
    const [desk] = await synced(['n'], ['n/a', 'n/b']);
    await desk.write('n/secret', 'secret');
    await desk.sync.untrack(['n/secret']);
    await renameInEditor(desk, 'n/secret', 'n/hidden');
    expect(await desk.push()).toMatchObject({ put: 0, deleted: 0 });
    expect(rulesOf(desk)).toEqual(['-n/hidden/', 'n/']);
  });

  it('of a folder keeps what is untracked in it', async () => {
    const [desk] = await synced(['n'], ['n/a', 'n/b']);
    await desk.write('n/secret', 'secret');
    await desk.sync.untrack(['n/secret']);
    await renameInEditor(desk, 'n', 'm');
    await desk.push();
    expect(await fixture.pathsOnServer()).toEqual(['m/a', 'm/b']);
    expect(rulesOf(desk)).toEqual(['-m/secret/', 'm/']);
  });

  it('of a folder, all of whose files were edited, travels without a question', async () => {
    const [desk] = await synced(['n', 'b', 'c', 'd'], ['n/a', 'n/e', 'b', 'c', 'd']);
    for (const path of ['n/a', 'n/e']) await desk.write(path, `edited ${path}`);
    await renameInEditor(desk, 'n', 'm');
    expect(await desk.push()).toMatchObject({ put: 2, deleted: 2 });
  });

  it('before the first push leaves nothing of the old name', async () => {
    const [desk, laptop] = await fixture.twoMachines();
    await desk.write('n/a', 'one');
    await desk.sync.track(['n']);
    await renameInEditor(desk, 'n', 'm');
    await desk.push();
    await laptop.pull();
    expect([rulesOf(desk), rulesOf(laptop)]).toEqual([['m/'], ['m/']]);
  });

  it('of what is not tracked changes nothing', async () => {
    const [desk] = await synced(['a'], ['a']);
    await desk.write('x', 'private');
    expect(await renameInEditor(desk, 'x', 'y')).toEqual([]);
    expect(rulesOf(desk)).toEqual(['a']);
  });

  it('and back leaves nothing to push', async () => {
    const [desk] = await synced(['n', 'b'], ['n/a', 'b']);
    await renameInEditor(desk, 'n', 'm');
    await renameInEditor(desk, 'm', 'n');
    expect(await desk.push()).toMatchObject({ put: 0, deleted: 0 });
    expect(rulesOf(desk)).toEqual(['b', 'n/']);
  });

  it('while a push runs is pushed by the next one', async () => {
    let isSynced = false;
    const begun = Promise.withResolvers<void>();
    const renamed = Promise.withResolvers<void>();
    const [desk, laptop] = await synced(['a', 'b'], ['a', 'b'], {
      transfer: async (request) => {
        if (isSynced) {
          begun.resolve();
          await renamed.promise;
        }
        return transfer(request);
      },
    });
    isSynced = true;
    await desk.write('b', 'edited');
    const pushed = desk.push();
    await begun.promise;
    const followed = renameInEditor(desk, 'a', 'c');
    await desk.rename('b', 'd');
    renamed.resolve();
    await Promise.allSettled([pushed, followed]);
    await desk.sync.renames.follow([{ from: 'b', to: 'd' }]);
    await desk.push();
    expect(await fixture.pathsOnServer()).toEqual(['c', 'd']);
    await laptop.pull();
    expect(await laptop.read('d')).toBe('edited');
  });

  it('to another workspace folder tracks there what was tracked here', async () => {
    const [desk, laptop] = await synced(['n', 'b'], ['n/a', 'n/secret', 'b']);
    await desk.sync.untrack(['n/secret']);
    const other = await fixture.machine({ tree: `${fixture.tree}-other` });
    await rename(desk.path('n'), other.path('moved'));
    const moved = await desk.sync.renames.moveOut('n', other.path('moved'));
    if (moved !== undefined) await other.sync.renames.moveIn('moved', moved);
    expect(rulesOf(other)).toEqual(['-moved/secret/', 'moved/']);
    expect(await other.push()).toMatchObject({ put: 1 });
    expect(await desk.push()).toMatchObject({ put: 0, deleted: 1 });
    await laptop.pull();
    expect(await pathsOf(laptop)).toEqual(['b', 'n/secret']);
  });

  it('is not forgotten by a pull that fails', async () => {
    let isCut = false;
    const [desk, laptop] = await synced(['a', 'b'], ['a', 'b'], {
      transfer: (request) => (isCut ? Promise.reject(new Error('cut')) : transfer(request)),
    });
    await laptop.write('b', 'edited');
    await laptop.write('new', 'new');
    await laptop.sync.track(['new']);
    await laptop.push();
    await desk.rename('a', 'c');
    isCut = true;
    await expect(desk.pull()).rejects.toThrow('cut');
    isCut = false;
    await desk.pull();
    await desk.push();
    expect(await fixture.pathsOnServer()).toEqual(['b', 'c', 'new']);
  });
});

describe('a rename by another program', () => {
  it('is reported once', async () => {
    const [desk] = await synced(['n', 'a'], ['n/a', 'n/b', 'a']);
    const followed = followedBy(desk);
    await desk.rename('n', 'm');
    await desk.rename('a', 'c');
    await desk.push();
    await desk.push();
    expect(followed.sort()).toEqual(['a > c', 'n > m']);
  });

  it('is followed after a restart', async () => {
    const [desk] = await synced(['n', 'a'], ['n/a', 'a']);
    const { root, storage } = desk;
    await desk.close();
    await rename(desk.path('n'), desk.path('m'));
    const reopened = await fixture.machine({ root, storage });
    await reopened.push();
    expect(await fixture.pathsOnServer()).toEqual(['a', 'm/a']);
  });

  it('is followed when a watcher reports it', async () => {
    const [desk] = await synced(['a', 'b'], ['a', 'b']);
    const followed = new Promise((resolve) => desk.sync.onDidFollowRenames(resolve));
    await desk.rename('a', 'c');
    desk.sync.onFileEvents(['a', 'c']);
    expect(await followed).toEqual([{ from: 'a', to: 'c', kind: 'file' }]);
    expect(rulesOf(desk)).toEqual(['a => c', 'b', 'c']);
  });

  it('of a file that was edited afterwards is followed', async () => {
    const [desk] = await synced(['a', 'b'], ['a', 'b']);
    await desk.rename('a', 'c');
    await desk.write('c', 'edited after the rename');
    expect(await desk.push()).toMatchObject({ put: 1, deleted: 1 });
  });

  it('of a file that was never pushed is followed', async () => {
    const desk = await fixture.machine();
    await desk.write('a', 'one');
    await desk.sync.track(['a']);
    await desk.rename('a', 'c');
    expect(await desk.push()).toMatchObject({ put: 1, deleted: 0 });
    expect(rulesOf(desk)).toEqual(['c']);
  });

  it('of an untracked file keeps it untracked', async () => {
    const [desk] = await synced(['n'], ['n/a', 'n/b']);
    await desk.write('n/secret', 'secret');
    await desk.sync.untrack(['n/secret']);
    await desk.rename('n/secret', 'n/hidden');
    expect(await desk.push()).toMatchObject({ put: 0, deleted: 0 });
    expect(rulesOf(desk)).toEqual(['-n/hidden/', 'n/']);
  });

  it('by case only is followed on a disk that ignores case', async () => {
    const nameRules = { foldsCase: true, normalizes: false, windows: false };
    const [desk] = await synced(['Notes', 'b'], ['Notes/a', 'b'], { nameRules });
    await desk.rename('Notes', 'notes');
    await desk.push();
    expect(await fixture.pathsOnServer()).toEqual(['b', 'notes/a']);
  });
});

describe('a tracked path that vanished without a successor', () => {
  const losses: [string, (machine: Machine) => Promise<void>][] = [
    ['was deleted', (machine) => machine.delete('a')],
    [
      'was copied with its times',
      async (machine) => {
        await cp(machine.path('a'), machine.path('copy'), { preserveTimestamps: true });
        await machine.delete('a');
      },
    ],
    [
      'has another name',
      async (machine) => {
        await link(machine.path('a'), machine.path('other name'));
        await machine.push();
        await machine.delete('a');
      },
    ],
    [
      'was moved, and then got a second name',
      async (machine) => {
        await machine.rename('a', 'x');
        await link(machine.path('x'), machine.path('y'));
      },
    ],
    ['has a new name that cannot be synced', (machine) => machine.rename('a', 'a\\b')],
    [
      'was moved to where patterns exclude it',
      async (machine) => {
        await mkdir(machine.path('node_modules'));
        await machine.rename('a', 'node_modules/a');
      },
    ],
  ];

  it.each(losses)('because it %s stops a push, and is deleted when the user confirms', async (_, lose) => {
    const [desk] = await synced(['a', 'b', 'n'], ['a', 'b', 'n/c', 'n/d']);
    await lose(desk);
    await expect(desk.push()).rejects.toMatchObject({
      code: 'deletion_guard',
      details: { paths: ['a'], deletions: { vanishedPaths: ['a'], missingFolders: [], deletes: 1 } },
    });
    expect(await fixture.pathsOnServer()).toEqual(['a', 'b', 'n/c', 'n/d']);
    expect(await desk.push(true)).toMatchObject({ put: 0, deleted: 1 });
    expect(await desk.push()).toMatchObject({ put: 0, deleted: 0 });
  });

  it('stops the push for a folder whose new name cannot be synced, until it has another one', async () => {
    const [desk] = await synced(['n', 'b'], ['n/a', 'n/d', 'b', 'c']);
    await desk.rename('n', 'n\\m');
    await expect(desk.push()).rejects.toMatchObject({ details: { deletions: { vanishedPaths: ['n'] } } });
    await desk.rename('n\\m', 'm');
    expect(await desk.push()).toMatchObject({ put: 2, deleted: 2 });
  });

  it('stops the push for a folder with a single file too', async () => {
    const [desk] = await synced(['n', 'b', 'c'], ['n/a', 'b', 'c']);
    await desk.delete('n');
    await expect(desk.push()).rejects.toMatchObject({ details: { deletions: { vanishedPaths: ['n'] } } });
  });

  it('keeps no other path from a push that is limited to others', async () => {
    const [desk] = await synced(['a', 'b', 'c'], ['a', 'b', 'c']);
    await desk.delete('a');
    await desk.write('b', 'edited');
    expect(await desk.push(false, { only: new Set(['b']) })).toMatchObject({ put: 1, deleted: 0 });
  });

  it('is in sync again when it is back', async () => {
    const [desk] = await synced(['a', 'b', 'c'], ['a', 'b', 'c']);
    await rename(desk.path('a'), `${desk.root}.away`);
    await expect(desk.push()).rejects.toMatchObject({ code: 'deletion_guard' });
    await rename(`${desk.root}.away`, desk.path('a'));
    expect(await desk.push()).toMatchObject({ put: 0, deleted: 0 });
  });

  it('is not searched for in a folder with other files, which nobody asked to push', async () => {
    const [desk] = await synced(['n', 'b'], ['n/a', 'n/c', 'b']);
    await desk.write('stuff/private', 'private');
    await desk.rename('n/a', 'stuff/a');
    await desk.rename('n/c', 'stuff/c');
    await desk.delete('n');
    await expect(desk.push()).rejects.toMatchObject({ code: 'deletion_guard' });
    expect(rulesOf(desk)).toEqual(['b', 'n/']);
  });
});

it('the rename of a tracked folder takes its rule along on the other machines', async () => {
  const [desk, laptop] = await fixture.twoMachines();
  for (const path of ['n/a', 'n/d/b']) await desk.write(path, path);
  await desk.sync.track(['n']);
  await desk.push();
  await laptop.pull();
  await desk.rename('n', 'm');
  await desk.push(true);
  await laptop.pull(true);
  await laptop.write('n/created', 'again');
  await laptop.write('m/created', 'there');
  await laptop.sync.rescan(silent);
  expect([...laptop.sync.trackedPaths].sort()).toEqual(['m/a', 'm/created', 'm/d/b']);
});

it('a deletion in a tracked folder travels without a question', async () => {
  const [desk, laptop] = await synced(['n'], ['n/a', 'n/b', 'n/c', 'n/d']);
  await desk.delete('n/a');
  expect(await desk.push()).toMatchObject({ put: 0, deleted: 1 });
  await laptop.pull();
  expect(await pathsOf(laptop)).toEqual(['n/b', 'n/c', 'n/d']);
});
