import type { Context, HonoRequest } from 'hono';
import type * as z from 'zod';
import { WireError, pathsError } from './wireError';

/** Reads a body of at most `maxBytes`. Throws body_too_large, invalid_request, invalid_path. */
export async function parseBody<T extends z.ZodType>(
  context: Context,
  schema: T,
  maxBytes: number,
): Promise<z.output<T>> {
  const text = await readBody(context.req, maxBytes);
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new WireError('invalid_request', 'the request body is not JSON');
  }
  return parse(schema, body);
}

/** Hono's own limit copies a body that does not tell its length twice. */
async function readBody(request: HonoRequest, maxBytes: number): Promise<string> {
  const tooLarge = new WireError('body_too_large', `a request body has at most ${maxBytes} bytes`);
  const length = request.header('content-length');
  if (length !== undefined) {
    if (Number(length) > maxBytes) throw tooLarge;
    return request.text();
  }
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of request.raw.body ?? []) {
    if ((bytes += piece.length) > maxBytes) throw tooLarge;
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

export function parse<T extends z.ZodType>(schema: T, input: unknown): z.output<T> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw validationError(result.error, input);
}

function validationError(error: z.ZodError, input: unknown): WireError {
  const pathIssues = error.issues.filter(
    (issue) => issue.code === 'custom' && issue.params?.['code'] === 'invalid_path',
  );
  const [first] = pathIssues;
  if (first !== undefined) {
    const paths = pathIssues.map((issue) => String(valueAt(input, issue.path)));
    return pathsError('invalid_path', paths, first.message.replace(/^path /, ''));
  }
  const [issue] = error.issues;
  const place = issue?.path.join('.') ?? '';
  return new WireError('invalid_request', `${place === '' ? 'request' : place}: ${issue?.message ?? 'is not valid'}`);
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], input);
}
