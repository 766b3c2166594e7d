import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { temporaryFolder } from '../../test/temporaryFolder';
import { startTestServer, type TestServer } from '../../test/testServer';
import { OperatorError } from '../errors';
import { ControlApp } from './controlApp';
import { connectToControlSocket, listenOnControlSocket, type ControlSocket } from './controlSocket';
import { requestTask, type TaskRequest } from './requestTask';
import type { Task } from './task';

let server: TestServer;
let folder: string;
let control: ControlApp;
let socket: ControlSocket;
let begun: PromiseWithResolvers<void>;
let ended: PromiseWithResolvers<unknown>;

/** Goes on until it is cancelled. */
const endless: Task<unknown, never> = {
  name: 'endless',
  run: async ({ signal, report }) => {
    report('begun');
    begun.resolve();
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    ended.resolve(signal.reason);
    throw signal.reason;
  },
};
const echo: Task<unknown, unknown> = {
  name: 'echo',
  run: ({ report }, options) => {
    report('one');
    report('two');
    return Promise.resolve(options);
  },
};
const broken: Task<unknown, never> = { name: 'broken', run: () => Promise.reject(new TypeError('oh')) };
const refused: Task<unknown, never> = { name: 'refused', run: () => Promise.reject(new OperatorError('No. Do this.')) };

beforeEach(async () => {
  server = await startTestServer();
  folder = temporaryFolder();
  begun = Promise.withResolvers();
  ended = Promise.withResolvers();
  const { services, database, dataFolder } = server;
  const tasks = new Map([endless, echo, broken, refused].map((task) => [task.name, task]));
  control = new ControlApp({ services, database, dataFolder }, tasks);
  socket = await listenOnControlSocket(folder, control.app);
});
afterEach(async () => {
  await control.stop();
  socket.close();
  await server.stop();
});

async function run(name: string, over: Partial<TaskRequest> = {}): Promise<unknown> {
  const connection = await connectToControlSocket(folder);
  if (connection === undefined) throw new Error('no server');
  const signal = new AbortController().signal;
  return requestTask(connection, { name, options: {}, version: '1.2.3', signal, report: () => undefined, ...over });
}

test('a command gets the progress and the result of its task', async () => {
  const progress: string[] = [];
  const report = (line: string) => void progress.push(line);
  expect(await run('echo', { options: { a: ['ä', 1] }, report })).toEqual({ a: ['ä', 1] });
  expect(progress).toEqual(['one', 'two']);
});

test('a command gets the words of an error that the administrator can fix, and of another those that lead to the log', async () => {
  await expect(run('refused')).rejects.toThrow('No. Do this.');
  await expect(run('broken')).rejects.toThrow("The task failed (TypeError: oh). The server's log says more.");
  expect(server.logged.join('')).toContain('TypeError: oh');
  await expect(run('unknown')).rejects.toThrow('The running server has no unknown.');
});

test('a command of another version is refused', async () => {
  await expect(run('echo', { version: '2.0.0' })).rejects.toThrow(
    'The running server has version 1.2.3, and this command 2.0.0.',
  );
});

test('cancelling the command cancels the task', async () => {
  const cancel = new AbortController();
  const running = run('endless', { signal: cancel.signal });
  await begun.promise;
  cancel.abort(new OperatorError('The command was cancelled.'));
  await expect(running).rejects.toThrow('The command was cancelled.');
  expect(String(await ended.promise)).toContain('The command was cancelled.');
});

test('a server that stops ends its tasks first, and tells their commands', async () => {
  const running = run('endless');
  await begun.promise;
  const [stopped] = await Promise.allSettled([running, control.stop()]);
  expect(stopped).toMatchObject({ reason: { message: expect.stringContaining('The server was stopped.') } });
});

test('only the owner may use the socket, and its file is gone after the end', async () => {
  const file = join(folder, 'control.sock');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  socket.close();
  expect(statSync(file, { throwIfNoEntry: false })).toBeUndefined();
  expect(await connectToControlSocket(folder)).toBeUndefined();
});
