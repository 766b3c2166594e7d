import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Clients send the next request after the response; a proxy may send some before. */
const maxOpenRequests = 32;

/**
 * Handles the requests of a connection one after the other. Node would handle all that have arrived at once, and keep their
 * responses in memory. Closes a connection that sends many requests without reading the responses.
 */
export function limitPipelining(server: Server): void {
  /** The requests that wait for the response before them; none for a connection without a request. */
  const waiting = new WeakMap<Socket, (() => void)[]>();
  const handlers = server.listeners('request');
  server.removeAllListeners('request');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    if (socket.destroyed) return;
    const handle = (): void => {
      // Node reports the end of only that response which the connection is sending.
      if (socket.destroyed) return;
      response.once('close', () => next(socket));
      for (const handler of handlers) handler.call(server, request, response);
    };
    const queue = waiting.get(socket);
    if (queue === undefined) {
      waiting.set(socket, []);
      handle();
    } else if (queue.push(handle) >= maxOpenRequests) socket.destroy();
  });

  function next(socket: Socket): void {
    const handle = waiting.get(socket)?.shift();
    if (handle === undefined) waiting.delete(socket);
    else handle();
  }
}
