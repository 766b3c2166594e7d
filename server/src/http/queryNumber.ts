import * as z from 'zod';

/** The schema of a whole number in a query, a path or a header. */
export function queryNumber(name: string) {
  return z
    .string()
    .regex(/^[0-9]{1,15}$/, `${name} is not a whole number`)
    .transform(Number);
}
