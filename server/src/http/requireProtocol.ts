import { createMiddleware } from 'hono/factory';
import { oldestClientProtocol, protocolHeader } from '../contract/protocol';
import { WireError } from '../errors';
import type { AppEnv } from './appEnv';
import { parse } from './parse';
import { queryNumber } from './queryNumber';

/** Throws client_too_old. It precedes authentication, because older clients may authenticate in another way. */
export const requireProtocol = createMiddleware<AppEnv>(async (context, next) => {
  const header = context.req.header(protocolHeader);
  if (header !== undefined && parse(queryNumber(protocolHeader), header) < oldestClientProtocol) {
    const message = `this server needs protocol ${oldestClientProtocol} or newer, and the client speaks ${header}`;
    throw new WireError('client_too_old', message);
  }
  await next();
});
