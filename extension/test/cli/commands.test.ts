import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandLineFixture } from './fixture';

const fixture = commandLineFixture();

describe('palmtree connect', () => {
  it('makes a new tree only if told to, and keeps the token where only the user can read it', async () => {
    const line = await fixture.stranger();
    const { url, token } = fixture.server;
    await writeFile(line.tokenFile, token);
    const args = ['connect', url, '--tree', fixture.tree, '--token-file', line.tokenFile];
    const refused = await line.run(args);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(`The tree "${fixture.tree}" doesn't exist on ${url} yet. Pass --yes to create it`);
    const [connected] = await line.events([...args, '--yes']);
    expect(connected).toMatchObject({ event: 'connected', server: url, tree: fixture.tree, revision: 0 });
    expect((await stat(join(line.state, 'credentials.json'))).mode & 0o777).toBe(0o600);
    expect((await stat(line.state)).mode & 0o077).toBe(0);
  });

  it('leaves a token of the environment there', async () => {
    const line = await fixture.stranger();
    const { url, token } = fixture.server;
    const environment = { PALMTREE_TOKEN: token };
    expect((await line.run(['connect', url, '--tree', fixture.tree, '--yes'], environment)).code).toBe(0);
    expect((await line.run(['pull'], environment)).code).toBe(0);
    const without = await line.run(['pull']);
    expect(without.code).toBe(2);
    expect(without.stderr).toContain('There is no token for');
    await expect(stat(join(line.state, 'credentials.json'))).rejects.toThrow('ENOENT');
  });

  it('is asked for again where it was killed', async () => {
    const line = await fixture.stranger();
    await line.register();
    const error = (await line.events(['trees'], 1)).at(-1);
    expect(error).toMatchObject({ code: 'not_connected' });
  });

  it('says what is missing where nobody can be asked', async () => {
    const line = await fixture.stranger();
    const { code, stderr } = await line.run(['connect', fixture.server.url]);
    expect(code).toBe(2);
    expect(stderr).toContain('Pass --token-file FILE, or set PALMTREE_TOKEN.');
    expect((await line.run(['push'])).stderr).toContain('Run "palmtree connect URL"');
    expect((await line.run(['push', '--nonsense'])).code).toBe(2);
  });
});

describe('two machines', () => {
  it('track, push and pull, and read the history', async () => {
    const [desk, laptop] = await Promise.all([fixture.machine(), fixture.machine()]);
    await desk.write('n/plan.md', 'beds\n');
    await desk.write('n/ö ü.txt', 'b');
    expect(await desk.events(['track', 'n'])).toEqual([{ event: 'tracked', paths: ['n'], tracked: 2 }]);
    const states = (await desk.events(['status'])).filter(({ event }) => event === 'path');
    expect(states).toEqual([
      { event: 'path', path: 'n/plan.md', state: 'added' },
      { event: 'path', path: 'n/ö ü.txt', state: 'added' },
    ]);
    const pushed = await desk.events(['push', '-m', 'the plan', 'n/plan.md']);
    expect(pushed.at(-1)).toMatchObject({ event: 'pushed', revision: 1, put: 1, skipped: [] });
    expect((await desk.run(['push'])).stdout).toBe('Pushed 1 file, revision 2.\n');
    const pulled = await laptop.events(['pull']);
    expect(pulled.at(-1)).toMatchObject({ event: 'pulled', revision: 2, written: 2, conflicts: [] });
    expect(await laptop.read('n/ö ü.txt')).toBe('b');
    expect((await laptop.run(['status'])).stdout).toContain('Up to date: 2 files.');
    await laptop.write('n/plan.md', 'beds\nand trees\n');
    expect((await laptop.run(['diff'])).stdout).toBe(
      '--- a/n/plan.md\n+++ b/n/plan.md\n@@ -1 +1,2 @@\n beds\n+and trees\n',
    );
    await laptop.events(['sync']);
    const log = await laptop.events(['log']);
    expect(log.map(({ number, message }) => [number, message])).toEqual([
      [3, null],
      [2, null],
      [1, 'the plan'],
    ]);
    expect((await laptop.run(['show', '1:n/plan.md'])).stdout).toBe('beds\n');
    expect((await laptop.events(['log', 'n/plan.md'])).map(({ revision }) => revision)).toEqual([3, 1]);
    expect((await laptop.events(['show', '3'])).at(-1)).toEqual({
      event: 'change',
      path: 'n/plan.md',
      effect: 'modified',
    });
    expect((await laptop.events(['trees'])).map(({ name }) => name)).toContain(fixture.tree);
  });

  it('learn of a newer revision by exit code 4, and of conflicts by 3, which they decide and merge in the files', async () => {
    const lines = '1\n2\n3\n4\n5\n';
    const [desk, laptop] = await fixture.synced({ 'n/decided': 'old\n', 'n/marked': 'old\n', 'n/clean': lines });
    await desk.write('n/decided', 'of the desk\n');
    await desk.write('n/marked', 'of the desk\n');
    await desk.write('n/clean', lines.replace('1', 'one'));
    await desk.push();
    await laptop.write('n/decided', 'of the laptop\n');
    await laptop.write('n/marked', 'of the laptop\n');
    await laptop.write('n/clean', lines.replace('5', 'five'));
    expect((await laptop.events(['push'], 4)).at(-1)).toMatchObject({ event: 'error', code: 'stale_base', exit: 4 });
    await laptop.events(['config', 'autoMerge', 'false']);
    const conflicts = ['n/clean', 'n/decided', 'n/marked'];
    expect((await laptop.events(['pull'], 3)).at(-1)).toMatchObject({ event: 'pulled', conflicts });
    const listed = (await laptop.events(['conflicts'], 3)).filter(({ event }) => event === 'conflict');
    expect(listed.map(({ path }) => path)).toEqual(conflicts);
    const mistyped = (await laptop.events(['resolve', '--theirs', 'n', 'typo'], 1)).at(-1);
    expect(mistyped).toMatchObject({ code: 'no_conflict', paths: ['typo'] });
    const unmerged = (await laptop.events(['resolve', '--abort', 'n/decided'], 1)).at(-1);
    expect(unmerged).toMatchObject({ code: 'no_merge', paths: ['n/decided'] });
    const resolved = (await laptop.events(['resolve', '--theirs', 'n/decided'])).at(-1);
    expect(resolved).toMatchObject({ event: 'resolved', resolved: ['n/decided'], conflicts: 2 });
    expect(await laptop.read('n/decided')).toBe('of the desk\n');
    expect(await readFile(join(String(resolved?.['backup']), 'n/decided'), 'utf8')).toBe('of the laptop\n');

    const merge = ['resolve', '--merge', 'n'];
    const merging = (await laptop.events(merge, 3)).filter(({ event }) => event === 'merging');
    expect(new Map(merging.map(({ path, conflicts }) => [path, conflicts]))).toEqual(
      new Map([
        ['n/marked', 1],
        ['n/clean', 0],
      ]),
    );
    expect(await laptop.read('n/marked')).toContain('<<<<<<< mine\nof the laptop\n');
    expect(await laptop.read('n/clean')).toBe('one\n2\n3\n4\nfive\n');
    expect((await laptop.events(['push'], 3)).at(-1)).toMatchObject({ put: 0, revision: 2 });
    const aborted = (await laptop.events(['resolve', '--abort', 'n'])).at(-1);
    const kept = ((aborted?.['backups'] ?? []) as string[]).map((backup) =>
      readFile(join(backup, 'n/marked'), 'utf8').catch(String),
    );
    expect((await Promise.all(kept)).join('')).toContain('<<<<<<< mine');
    expect(await laptop.read('n/marked')).toBe('of the laptop\n');
    expect(await laptop.read('n/clean')).toBe('1\n2\n3\n4\nfive\n');

    await laptop.events(merge, 3);
    await laptop.write('n/marked', 'of both\n');
    await laptop.write('n/clean', 'edited\n');
    const refused = await laptop.run(['resolve', '--mine', 'n/clean']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('"palmtree resolve --merge" accepts it as it is now');
    await laptop.events(merge);
    expect((await laptop.events(['push'])).at(-1)).toMatchObject({ put: 2, revision: 3 });
    await desk.pull();
    expect([await desk.read('n/marked'), await desk.read('n/clean')]).toEqual(['of both\n', 'edited\n']);
  });

  it('restore old versions, and undo a pull and a push', async () => {
    const [desk, laptop] = await fixture.synced({ 'n/a': 'first' });
    await desk.write('n/a', 'second');
    await desk.push();
    await laptop.events(['pull']);
    const refused = await laptop.run(['restore', '1:n/a']);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('Pass --yes to agree');
    expect((await laptop.run(['restore', '1:n/a', '1:typo', '--yes'])).stderr).toContain('does not contain "typo"');
    const restored = (await laptop.events(['restore', '1:n/a', '--yes'])).at(-1);
    expect(await laptop.read('n/a')).toBe('first');
    const undo = ['undo', 'pull', '--yes', '--backup', `${String(restored?.['backup'])}/`];
    expect((await laptop.run(undo)).stdout).toBe('1 file is as it was before the restore.\n');
    expect(await laptop.read('n/a')).toBe('second');
    await laptop.events(['undo', 'pull', '--yes']);
    expect(await laptop.read('n/a')).toBe('first');
    expect((await laptop.events(['undo', 'push', '--yes'])).at(-1)).toMatchObject({ undone: 2, revision: 3 });
    await desk.pull();
    expect(await desk.read('n/a')).toBe('first');
  });

  it('replace the server by a forced push only if told to, and are kept from deleting most files by exit code 5', async () => {
    const files = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`n/f${i}`, `${i}`]));
    const [desk, laptop] = await fixture.synced({ ...files, 'n/a': 'old' });
    await desk.write('n/a', 'of the desk');
    await desk.push();
    await laptop.write('n/a', 'of the laptop');
    const refused = await laptop.run(['push', '-f']);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('Pass --yes to agree');
    expect((await laptop.events(['push', '-f', '--yes'])).at(-1)).toMatchObject({ put: 1, revision: 3 });
    await desk.pull();
    expect(await desk.read('n/a')).toBe('of the laptop');

    await rm(join(laptop.root, 'n'), { recursive: true });
    const stopped = (await laptop.events(['push'], 5)).at(-1);
    expect(stopped).toMatchObject({ event: 'error', code: 'deletion_guard', exit: 5 });
    expect(stopped?.['message']).toContain('--yes goes on');
    expect((await laptop.events(['push', '--yes'])).at(-1)).toMatchObject({ deleted: 13, revision: 4 });
    await expect(desk.pull()).rejects.toMatchObject({ code: 'deletion_guard' });
  });
});
