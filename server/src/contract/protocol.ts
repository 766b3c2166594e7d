/**
 * The protocol of this code, on either side of the wire. README.md in this folder says which changes raise it.
 */
export const protocol = 1;

/** The oldest client that this code serves. */
export const oldestClientProtocol = 1;

/** The oldest server that this code uses. */
export const oldestServerProtocol = 1;

/** The request header with the client's protocol. A request without it is served, for curl and scripts. */
export const protocolHeader = 'x-palmtree-protocol';
