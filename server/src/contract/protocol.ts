/** The protocol that this code speaks, on either side of the wire. README.md in this folder says which changes raise it. */
export const protocol = 1;

/** The oldest protocol of a client that this code serves. */
export const oldestClientProtocol = 1;

/** The oldest protocol of a server that this code uses. */
export const oldestServerProtocol = 1;

/** The request header with the client's protocol. A request without it is served, for curl and scripts. */
export const protocolHeader = 'x-palmtree-protocol';

/**
 * The code with which the server closes an rsync connection that it refuses to go on with. The session's status then fails
 * with the reason. The code's name in RFC 6455 is "policy violation".
 */
export const refusedClosure = 1008;

/**
 * The request header of a client that wants heartbeats: while the server works longer than a few seconds, it responds with
 * status 200 and sends spaces until the body is ready. An error is then the body, in the shape of an error response.
 */
export const heartbeatsHeader = 'x-palmtree-heartbeats';
