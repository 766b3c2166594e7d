import type { Socket } from 'node:net';
import type { Token, TokenLimits } from '../token';

/** The token as which a connection was made, and the limits of the connection. */
interface Identity extends TokenLimits {
  readonly id: number;
}

/** The connections whose requests need no secret: something else has proved who made them. */
export class IdentifiedConnections {
  readonly #identities = new WeakMap<Socket, Identity>();

  identify(socket: Socket, identity: Identity): void {
    this.#identities.set(socket, identity);
  }

  identityOf(socket: Socket): Identity | undefined {
    return this.#identities.get(socket);
  }
}

/** The token with the limits of a connection beside its own. */
export function limitedTo(token: Token, { trees, readOnly }: TokenLimits): Token {
  const allowed = (trees ?? token.trees)?.filter((tree) => token.trees?.includes(tree) ?? true) ?? null;
  return { ...token, trees: allowed, readOnly: token.readOnly || readOnly };
}
