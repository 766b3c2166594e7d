import type * as z from 'zod';
import { WireError, pathsError } from '../errors';

/** Throws invalid_request or invalid_path. */
export function parse<T extends z.ZodType>(schema: T, input: unknown): z.output<T> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw validationError(result.error, input);
}

function validationError(error: z.ZodError, input: unknown): WireError {
  const pathIssues = error.issues.filter(
    (issue) => issue.code === 'custom' && issue.params?.['code'] === 'invalid_path',
  );
  const [firstPathIssue] = pathIssues;
  if (firstPathIssue !== undefined) {
    const paths = pathIssues.map((issue) => String(valueAt(input, issue.path)));
    return pathsError('invalid_path', paths, firstPathIssue.message.replace(/^path /, ''));
  }
  const [issue] = error.issues;
  const field = issue?.path.join('.') || 'request';
  return new WireError('invalid_request', `${field}: ${issue?.message ?? 'is not valid'}`);
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], input);
}
