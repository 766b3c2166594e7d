import type { Duplex } from 'node:stream';

/** Another way to a server than a port of it. */
export interface ServerConnection {
  /** The URL below which requests are made; its host is for messages. */
  readonly url: string;
  /** Resolves when the server can be reached, which may take longer than it may be silent. Throws PalmtreeError. */
  ready(signal?: AbortSignal): Promise<void>;
  /** A stream to the server's HTTP port, as a socket is one. A failure destroys it with a PalmtreeError. */
  openSocket(): Duplex;
}
