import { request, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { ndjsonValues } from '../contract/ndjson';
import { OperatorError } from '../errors';
import { versionHeader, type TaskLine } from './taskLine';

export interface TaskRequest {
  readonly name: string;
  readonly options: unknown;
  readonly version: string;
  readonly signal: AbortSignal;
  readonly report: (progress: string) => void;
}

/** Has the server at the other end of `socket` do a task, and returns the result. Throws OperatorError. */
export async function requestTask(socket: Socket, task: TaskRequest): Promise<unknown> {
  try {
    for await (const lines of ndjsonValues(await post(socket, task))) {
      for (const line of lines as TaskLine[]) {
        if ('error' in line) throw new OperatorError(line.error);
        if ('result' in line) return line.result;
        task.report(line.progress);
      }
    }
  } catch (error) {
    task.signal.throwIfAborted();
    if (error instanceof OperatorError) throw error;
    throw serverEnded(error);
  } finally {
    socket.destroy();
  }
  throw serverEnded();
}

async function post(socket: Socket, { name, options, version, signal }: TaskRequest): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const sent = request(
    {
      createConnection: () => socket,
      method: 'POST',
      path: `/tasks/${encodeURIComponent(name)}`,
      headers: { host: 'localhost', 'content-type': 'application/json', [versionHeader]: version },
      signal,
    },
    resolve,
  );
  sent.once('error', reject);
  sent.end(JSON.stringify(options));
  return promise;
}

function serverEnded(cause?: unknown): OperatorError {
  const fix = 'Look at its log, and run the command again.';
  return new OperatorError(`The server ended before the command was done. ${fix}`, { cause });
}
