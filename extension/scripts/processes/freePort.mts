import { createServer } from 'node:net';
import { UserError } from '../userError.mjs';

export async function isPortFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

export async function requirePort(port: number): Promise<void> {
  if (port === 0 || (await isPortFree(port))) return;
  throw new UserError(
    `Port ${port} on 127.0.0.1 is in use: stop the program that uses it, or choose another port with "npm start -- --port ${port + 10}".`,
  );
}
