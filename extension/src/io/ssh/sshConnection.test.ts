import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { parseSshAddress } from '../api/sshAddress';
import { SshConnection } from './sshConnection';
import { terminalQuestions } from './terminalQuestions';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'palmtree-ssh-'));
});
afterEach(async () => {
  vi.useRealTimers();
  await rm(folder, { recursive: true });
});

it('gives the user five minutes to answer ssh on the terminal, and no more', async () => {
  const command = join(folder, 'ssh');
  await writeFile(command, '#!/bin/sh\nexec sleep 60\n', { mode: 0o755 });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  const onClose = vi.fn();
  const questions = { areWelcome: true, open: () => Promise.resolve(terminalQuestions(onClose)) };
  const connection = new SshConnection(parseSshAddress('ssh://box'), { name: 'desk', command, questions });
  const end = connection.ready().then(
    () => undefined,
    (error: unknown) => error,
  );
  await vi.advanceTimersByTimeAsync(300_000);
  expect(onClose).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(90_000);
  expect(await end).toMatchObject({ code: 'no_response', details: { subject: 'ssh://box', silenceMs: 360_000 } });
  expect(onClose).toHaveBeenCalledOnce();
  connection.close();
});
