import { Hono } from 'hono';
import { ndjsonType } from '../contract/ndjson';
import { OperatorError } from '../errors';
import type { Task, TaskEnvironment } from './task';
import { versionHeader, type TaskLine } from './taskLine';

type Tasks = ReadonlyMap<string, Task<never, unknown>>;

/** The tasks that run for commands, and the app that starts them. */
export class ControlApp {
  readonly app = new Hono();
  readonly #environment: TaskEnvironment;
  readonly #tasks: Tasks;
  readonly #stop = new AbortController();
  readonly #running = new Set<Promise<void>>();

  constructor(environment: TaskEnvironment, tasks: Tasks) {
    this.#environment = environment;
    this.#tasks = tasks;
    this.app.post('/tasks/:name', async (context) => {
      const refusal = this.#refusalOf(context.req.header(versionHeader) ?? 'unknown');
      const options: unknown = await context.req.json();
      const body = refusal === undefined ? this.#start(context.req.param('name'), options) : bytesOf(refusal);
      return context.body(body, 200, { 'content-type': ndjsonType });
    });
  }

  /** Cancels all tasks. Resolves when they have ended. */
  async stop(): Promise<void> {
    this.#stop.abort(new OperatorError('The server was stopped. Start it, and run the command again.'));
    await Promise.all(this.#running);
  }

  #refusalOf(version: string): TaskLine | undefined {
    const { version: own } = this.#environment.services;
    if (version === own) return undefined;
    return { error: `The running server has version ${own}, and this command ${version}. Run the server's command.` };
  }

  /** The client cancels the task when it closes the connection. */
  #start(name: string, options: unknown): ReadableStream<Uint8Array> {
    const cancelled = new AbortController();
    const signal = AbortSignal.any([cancelled.signal, this.#stop.signal]);
    return new ReadableStream({
      start: (controller) => {
        const send = (line: TaskLine): void => {
          if (!cancelled.signal.aborted) controller.enqueue(bytesOf(line));
        };
        const running = this.#run(name, options, signal, send).then(() => {
          this.#running.delete(running);
          if (!cancelled.signal.aborted) controller.close();
        });
        this.#running.add(running);
      },
      cancel: () => cancelled.abort(new OperatorError('The command was cancelled.')),
    });
  }

  async #run(name: string, options: unknown, signal: AbortSignal, send: (line: TaskLine) => void): Promise<void> {
    const { log } = this.#environment.services;
    try {
      const task = this.#tasks.get(name);
      if (task === undefined) throw new OperatorError(`The running server has no ${name}. Run the server's command.`);
      log.info({ task: name }, 'an administrator began a task');
      const report = (progress: string): void => send({ progress });
      const result = await task.run({ ...this.#environment, signal, report }, options as never);
      log.info({ task: name }, 'the task has ended');
      send({ result: result ?? null });
    } catch (error) {
      const isExpected = error instanceof OperatorError;
      log[isExpected ? 'warn' : 'error']({ task: name, err: error }, 'the task failed');
      send({ error: isExpected ? error.message : `The task failed (${String(error)}). The server's log says more.` });
    }
  }
}

const utf8 = new TextEncoder();

function bytesOf(line: TaskLine): Uint8Array<ArrayBuffer> {
  return utf8.encode(`${JSON.stringify(line)}\n`);
}
