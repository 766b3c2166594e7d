import { chmod, symlink } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { createToken } from '../../scripts/palmtreeServer.mts';
import { atOrIn } from '../../src/core/pathArea';
import type { PullResult } from '../../src/sync/pull/pull';
import { silent, until, type Machine } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();
let tokens = 0;

/** A machine that tracks and has synced "notes", and one with another token on the same tree. */
async function victimAndOther(files: Readonly<Record<string, string>> = { 'notes/plan.md': 'mine' }) {
  const victim = await fixture.machine();
  for (const [path, content] of Object.entries(files)) await victim.write(path, content, 0o644);
  await victim.sync.track(['notes']);
  await victim.push();
  const other = await fixture.machine({ token: await createToken(fixture.server.dataDir, `other-${++tokens}`) });
  await other.pull();
  return { victim, other };
}

/** Tracks these files by name, and pushes them. */
async function pushFrom(machine: Machine, files: Readonly<Record<string, string>>, mode = 0o644): Promise<void> {
  for (const [path, content] of Object.entries(files)) await machine.write(path, content, mode);
  await machine.sync.track(Object.keys(files));
  await machine.push();
}

function heldIn({ held }: PullResult): string[] {
  return held.map(({ path, kinds, by }) => [path, ...kinds, by ?? ''].join(' ').trim());
}

async function pathsOn(machine: Machine): Promise<string[]> {
  return [...(await machine.listing()).keys()];
}

/** The state of each path that is not in sync, once the machine has seen the newest revision. */
async function statesOf(machine: Machine): Promise<[string, string][]> {
  await machine.sync.rescan(silent);
  return [...machine.sync.pathStates];
}

describe('a file of others outside the tracked folders', () => {
  it('stays on the server until the user agrees, and holds back nothing else', async () => {
    const { victim, other } = await victimAndOther();
    await pushFrom(other, { 'elsewhere/a.md': 'theirs', 'notes/new.md': 'theirs' });
    const result = await victim.pull();
    expect(heldIn(result)).toEqual(['elsewhere/a.md outside']);
    expect(await pathsOn(victim)).toEqual(['notes/new.md', 'notes/plan.md']);
    expect(victim.sync.state.counts).toMatchObject({ held: 1, incoming: 0, problems: 0 });
    expect([...victim.sync.pathStates]).toEqual([['elsewhere/a.md', 'held']]);
    await victim.sync.held.decide(result.held, 'pull');
    await victim.pull();
    expect(await victim.read('elsewhere/a.md')).toBe('theirs');
    await pushFrom(other, { 'elsewhere/b.md': 'theirs' });
    expect((await victim.pull()).held).toEqual([]);
    expect(await victim.read('elsewhere/b.md')).toBe('theirs');
  });

  it('is not shown or asked about again once the user leaves it out, even after a restart', async () => {
    const { victim, other } = await victimAndOther();
    await pushFrom(other, { 'elsewhere/a.md': 'theirs' });
    await victim.sync.held.decide((await victim.pull()).held, 'leave');
    expect([...victim.sync.pathStates]).toEqual([]);
    await pushFrom(other, { 'elsewhere/b.md': 'theirs' });
    expect((await victim.pull()).held).toEqual([]);
    await victim.close();
    const { root, storage } = victim;
    const again = await fixture.machine({ root, storage });
    expect((await again.pull()).held).toEqual([]);
    expect(await pathsOn(again)).toEqual(['notes/plan.md']);
    await again.sync.held.reconsider();
    expect(heldIn(await again.pull())).toEqual(['elsewhere/a.md outside', 'elsewhere/b.md outside']);
  });

  it('is pulled if the user tracks it by name', async () => {
    const { victim, other } = await victimAndOther();
    await pushFrom(other, { 'elsewhere/a.md': 'theirs', '.envrc': 'theirs' });
    await victim.pull();
    await victim.sync.track(['elsewhere/a.md', '.envrc']);
    expect((await victim.pull()).held).toEqual([]);
    expect(await pathsOn(victim)).toEqual(['.envrc', 'elsewhere/a.md', 'notes/plan.md']);
  });

  it('is not deleted on the server by any push of a machine that left it out', async () => {
    const { victim, other } = await victimAndOther();
    await pushFrom(other, { 'elsewhere/a.md': 'theirs', 'notes/.envrc': 'theirs' });
    await victim.sync.held.decide((await victim.pull()).held, 'leave');
    await victim.write('notes/plan.md', 'mine again');
    await victim.push();
    await victim.sync.forcePush(silent, ({ deleted }) => {
      expect(deleted).toEqual([]);
      return Promise.resolve(true);
    });
    expect(await fixture.pathsOnServer()).toEqual(['elsewhere/a.md', 'notes/.envrc', 'notes/plan.md']);
  });

  it('is not let in by a folder that others track', async () => {
    const { victim, other } = await victimAndOther();
    await other.sync.track(['']);
    await other.push();
    await victim.pull();
    await other.write('elsewhere/a.md', 'theirs');
    await other.push();
    expect(heldIn(await victim.pull())).toEqual(['elsewhere/a.md outside']);
  });
});

describe('a file of others that a program obeys', () => {
  it('stays on the server, even in a tracked folder, and so does a link in its place', async () => {
    const { victim, other } = await victimAndOther();
    await symlink('plan.md', other.path('notes/.vscode'));
    await pushFrom(other, { 'notes/.envrc': 'theirs', 'notes/sub/Makefile': 'theirs', 'notes/ok.md': 'theirs' });
    expect(heldIn(await victim.pull())).toEqual([
      'notes/.envrc program environment',
      'notes/.vscode program editor',
      'notes/sub/Makefile program build',
    ]);
    expect(await pathsOn(victim)).toEqual(['notes/ok.md', 'notes/plan.md']);
  });

  it('stays on the server if a link of the user, or one beside it, makes a program find it', async () => {
    const { victim, other } = await victimAndOther();
    await symlink('notes/hooks', victim.path('.husky'));
    await symlink('notes/between/settings.json', victim.path('.envrc'));
    await symlink('here', other.path('notes/between'));
    await pushFrom(other, {
      'notes/hooks/pre-commit': 'theirs',
      'notes/here/settings.json': 'theirs',
      'notes/here/ok.md': 'theirs',
    });
    const { held } = await victim.pull();
    expect(held.map(({ path, by, through }) => [path, by, through])).toEqual([
      ['notes/here/settings.json', 'environment', '.envrc'],
      ['notes/hooks/pre-commit', 'git', '.husky/pre-commit'],
    ]);
    expect(await pathsOn(victim)).toEqual(['.envrc', '.husky', 'notes/between', 'notes/here/ok.md', 'notes/plan.md']);
    await victim.sync.held.decide(held, 'pull');
    expect((await victim.pull()).held).toEqual([]);
    expect(await victim.read('notes/hooks/pre-commit')).toBe('theirs');
  });

  it('stays on the server if it is a link with the name of a folder in which programs obey files', async () => {
    const { victim, other } = await victimAndOther();
    await symlink('here', other.path('notes/.github'));
    await pushFrom(other, { 'notes/here/copied.md': 'theirs' });
    expect(heldIn(await victim.pull())).toEqual([
      'notes/.github program editor',
      // As notes/.github/copied.md, once the link is there.
      'notes/here/copied.md program editor',
    ]);
  });

  it('is asked about together with the files outside, and once', async () => {
    const { victim, other } = await victimAndOther();
    await pushFrom(other, { '.vscode/tasks.json': 'theirs' });
    const { held } = await victim.pull();
    expect(held.map(({ kinds }) => kinds)).toEqual([['outside', 'program']]);
    await victim.sync.held.decide(held, 'pull');
    expect((await victim.pull()).held).toEqual([]);
    expect(await pathsOn(victim)).toEqual(['.vscode/tasks.json', 'notes/plan.md']);
  });

  it('is pulled in newer versions once the user has agreed to it', async () => {
    const { victim, other } = await victimAndOther({ 'notes/.envrc': 'mine' });
    await other.sync.held.decide((await other.pull()).held, 'pull');
    await other.pull();
    await other.write('notes/.envrc', 'theirs');
    await other.push();
    expect((await victim.pull()).held).toEqual([]);
    expect(await victim.read('notes/.envrc')).toBe('theirs');
  });
});

describe('an executable file of others', () => {
  it('is pulled into a tracked folder', async () => {
    const { victim, other } = await victimAndOther({ 'notes/run.sh': 'mine' });
    await chmod(other.path('notes/run.sh'), 0o755);
    await other.push();
    expect((await victim.pull()).held).toEqual([]);
    expect((await victim.listing()).get('notes/run.sh')?.line).toContain('file 755');
  });

  it('is asked about outside, although the user has agreed to other files there', async () => {
    const { victim, other } = await victimAndOther();
    await pushFrom(other, { 'elsewhere/a.md': 'theirs' });
    await victim.sync.held.decide((await victim.pull()).held, 'pull');
    await pushFrom(other, { 'bin/run.sh': 'theirs' }, 0o755);
    expect(heldIn(await victim.pull())).toEqual(['bin/run.sh program execute']);
    expect(await pathsOn(victim)).toEqual(['elsewhere/a.md', 'notes/plan.md']);
  });
});

describe('a pull that nobody watches', () => {
  it('writes nothing new outside the tracked folders, whatever the answers, and shows it as to be pulled', async () => {
    const { victim, other } = await victimAndOther();
    await pushFrom(other, { 'elsewhere/a.md': 'theirs' });
    await victim.sync.held.decide((await victim.pull()).held, 'pull');
    const result = await victim.pull(false, { isUnattended: true });
    expect(heldIn(result)).toEqual(['elsewhere/a.md outside']);
    expect(await pathsOn(victim)).toEqual(['notes/plan.md']);
    expect(await statesOf(victim)).toEqual([['elsewhere/a.md', 'incoming']]);
  });
});

describe('a user alone', () => {
  it('is asked nothing on a second machine with the same token', async () => {
    const desk = await fixture.machine();
    await pushFrom(desk, { '.vscode/tasks.json': 'mine', 'bin/run.sh': 'mine', 'notes/a.md': 'mine' }, 0o755);
    const laptop = await fixture.machine();
    await until(laptop, ({ counts }) => counts.incoming === 3);
    await laptop.sync.track(['notes']);
    expect((await laptop.pull()).held).toEqual([]);
    expect(await pathsOn(laptop)).toEqual(['.vscode/tasks.json', 'bin/run.sh', 'notes/a.md']);
  });

  it('gets the whole tree in a new folder with another token, and is asked only about what programs obey', async () => {
    const desk = await fixture.machine();
    await desk.write('notes/a.md', 'mine');
    await desk.write('notes/.envrc', 'mine');
    await desk.write('bin/run.sh', 'mine', 0o755);
    await desk.sync.track(['notes', 'bin/run.sh']);
    await desk.push();
    const laptop = await fixture.machine({ token: await createToken(fixture.server.dataDir, `laptop-${++tokens}`) });
    await until(laptop, ({ counts }) => counts.incoming === 2 && counts.held === 1);
    const { held } = await laptop.pull();
    await laptop.sync.held.decide(held, 'pull');
    const approved = new Set(held.map(({ path }) => path));
    expect((await laptop.pull(false, { approved })).held).toEqual([]);
    expect(await pathsOn(laptop)).toEqual(['bin/run.sh', 'notes/.envrc', 'notes/a.md']);
  });
});

it('the plan of a pull lists held files with their reason, and does not select them', async () => {
  const { victim, other } = await victimAndOther();
  await pushFrom(other, { '.envrc': 'theirs' });
  const { rows } = await victim.sync.plan(silent, 'pull');
  expect(rows).toMatchObject([{ path: '.envrc', effect: 'held', direction: undefined, held: { by: 'environment' } }]);
});

describe('a file of others that the user brings here', () => {
  it('comes without a question, except a file in a folder that programs obey', async () => {
    const { victim, other } = await victimAndOther();
    await pushFrom(other, { 'elsewhere/a.md': 'theirs', 'elsewhere/Makefile': 'all:', 'elsewhere/sub/b.md': 'theirs' });
    await victim.sync.rescan(silent);
    const { serverFiles } = victim.sync;
    await serverFiles.bring({ paths: ['elsewhere'] });
    const { held } = await victim.pull(false, { only: atOrIn(['elsewhere']) });
    expect(held.map(({ path }) => path)).toEqual(['elsewhere/Makefile']);
    expect(await pathsOn(victim)).toEqual(['elsewhere/a.md', 'elsewhere/sub/b.md', 'notes/plan.md']);

    const found = await serverFiles.programFiles(['elsewhere']);
    expect(found.map(({ path, by }) => [path, by])).toEqual([['elsewhere/Makefile', 'build']]);
    await serverFiles.bring({ paths: ['elsewhere/Makefile'] });
    const only = atOrIn(['elsewhere/Makefile']);
    await victim.pull(false, { only, approved: new Set(found.map(({ path }) => path)) });
    expect(await victim.read('elsewhere/Makefile')).toBe('all:');
  });

  it('is known before, in a folder too, if a program obeys it', async () => {
    const { victim, other } = await victimAndOther();
    await pushFrom(other, { '.vscode/tasks.json': 'theirs', 'docs/a.md': 'theirs', 'docs/sub/Makefile': 'all:' });
    await pushFrom(other, { '.husky/pre-commit': 'theirs', 'docs/run.sh': 'theirs' }, 0o755);
    await victim.sync.rescan(silent);
    const found = async (...paths: readonly string[]): Promise<string[]> =>
      (await victim.sync.serverFiles.programFiles(paths)).map(({ path }) => path).sort();
    const all = ['.husky/pre-commit', '.vscode/tasks.json', 'docs/sub/Makefile'];
    expect(await found('')).toEqual(all);
    expect(await found('.husky', '.vscode', 'docs', 'docs/a.md')).toEqual(all);
    expect(await found('docs/run.sh', 'notes')).toEqual(['docs/run.sh']);
    await victim.sync.serverFiles.bring({ paths: [''] });
    const { held } = await victim.pull();
    expect(held.map(({ path }) => path).sort()).toEqual(all);
    expect(await pathsOn(victim)).toEqual(['docs/a.md', 'docs/run.sh', 'notes/plan.md']);
  });

  it('stays on the server if its folder only has the name of a file that programs obey', async () => {
    const { victim, other } = await victimAndOther();
    await pushFrom(other, { 'configure/.envrc': 'theirs', 'configure/a.md': 'theirs' });
    await victim.sync.rescan(silent);
    await victim.sync.serverFiles.bring({ paths: ['configure'] });
    expect(heldIn(await victim.pull())).toEqual(['configure/.envrc program environment']);
  });

  it('stays on the server if a link makes a program find it, even in a folder with files of the user', async () => {
    const { victim, other } = await victimAndOther();
    await symlink('hooks', victim.path('.husky'));
    await victim.write('hooks/mine.md', 'mine');
    await pushFrom(other, { 'hooks/pre-commit': 'theirs' });
    await victim.sync.rescan(silent);
    await victim.sync.serverFiles.bring({ paths: ['hooks'] });
    const { held } = await victim.pull(false, { only: atOrIn(['hooks']) });
    expect(held.map(({ path, through }) => [path, through])).toEqual([['hooks/pre-commit', '.husky/pre-commit']]);
  });
});
