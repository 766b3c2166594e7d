import type { Socket } from 'node:net';
import * as z from 'zod';
import { parsedLine } from './nextLine';

/** The socket in the data folder on which the server serves the clients of `palmtree-server connect`. */
export const clientSocketName = 'clients.sock';

/**
 * The first line of each connection to that socket, and the server's answer. Only the server's own user can connect, so the
 * server believes it.
 */
const hello = z.object({
  /** The name of the client, which is a token's name. */
  hello: z.string(),
  /** Whether the server is to go on running when its last client has left. */
  stay: z.boolean(),
});
const request = z.object({
  /** The id of the client's token. */
  id: z.int(),
  trees: z.array(z.string()).nullable(),
  readOnly: z.boolean(),
});
export const introduction = z.union([hello, request]);
const welcome = z.object({ id: z.int() });
const failure = z.object({ error: z.string() });
const accepted = z.object({ accepted: z.literal(true) });
const answer = z.union([failure, welcome, accepted]);

export type Hello = z.infer<typeof hello>;
type Introduction = z.infer<typeof introduction>;
export type Answer = z.infer<typeof answer>;

export function answerIn(line: string): Answer {
  return parsedLine(answer, line);
}

export function sendLine(socket: Socket, value: Introduction | Answer): void {
  socket.write(`${JSON.stringify(value)}\n`);
}
