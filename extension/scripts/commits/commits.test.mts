import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { subjectProblem, subjectToCheck } from './commitSubject.mjs';
import { subjectsSince } from './newCommits.mts';

describe('a commit subject', () => {
  test.each([
    'fix: keep the mode of a link',
    'feat(ui): show who pushed',
    'refactor(core)!: name rules plainly',
    `docs: ${'x'.repeat(66)}`,
    `docs: ${'ü'.repeat(66)}`,
  ])('may be %j', (subject) => {
    expect(subjectProblem(subject)).toBeUndefined();
  });

  test.each([
    ['Fix the mode of a link', /does not start with a type/],
    ['fixed: the mode of a link', /does not start with a type/],
    ['fix:the mode of a link', /does not start with a type/],
    [`docs: ${'x'.repeat(67)}`, /has 73 characters/],
    ['fix: keep the mode of a link.', /ends with a period/],
  ])('may not be %j', (subject, problem) => {
    expect(subjectProblem(subject)).toMatch(problem);
  });

  test.each([
    ['\n# a comment\nfix: keep the mode \n\nWhy.\n', 'fix: keep the mode'],
    ["Merge branch 'main' into topic\n", ''],
    ['fixup! Some old subject\n', ''],
  ])('is read from the message %j', (message, subject) => {
    expect(subjectToCheck(message)).toBe(subject);
  });
});

describe('in a repository', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'palmtree commits-'));
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  function git(...args: string[]): string {
    const identity = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', '-c', 'commit.gpgSign=false'];
    return execFileSync('git', ['-C', folder, ...identity, ...args], { encoding: 'utf8' }).trim();
  }

  function commit(subject: string): string {
    git('commit', '--quiet', '--allow-empty', '--message', subject);
    return git('rev-parse', 'HEAD');
  }

  test('only commits after the base are checked', async () => {
    git('init', '--quiet');
    commit('An old subject');
    const base = commit('The base');
    commit('fix: first');
    commit('fix: second');
    expect(await subjectsSince(base, folder)).toEqual(['fix: second', 'fix: first']);
  });

  test('a shallow clone, whose history ends after the base, is not checked', async () => {
    git('init', '--quiet');
    const base = commit('The base');
    commit('fix: first');
    const clone = join(folder, 'shallow');
    git('clone', '--quiet', '--depth', '1', `file://${encodeURI(folder)}`, clone);
    expect(await subjectsSince(base, clone)).toBeUndefined();
  });

  test('a folder without git is not checked', async () => {
    expect(await subjectsSince('HEAD', folder)).toBeUndefined();
  });

  test('the hook names the problem', async () => {
    const message = join(folder, 'message');
    const hook = (): Promise<unknown> =>
      promisify(execFile)(process.execPath, [join(import.meta.dirname, 'commitMsgHook.mjs'), message]);
    await writeFile(message, 'Fixed things\n');
    await expect(hook()).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('does not start with') });
    await writeFile(message, 'fix: keep the mode\n');
    await hook();
  });
});
