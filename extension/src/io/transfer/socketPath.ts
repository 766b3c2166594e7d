/** The path in requests over a stream. It makes VS Code's `http` leave them alone: they are for no proxy. */
export const socketPath = 'palmtree';
