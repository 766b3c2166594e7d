import * as z from 'zod';

/** A whole number as it stands in a query or a path. */
export function queryNumber(name: string) {
  return z
    .string()
    .regex(/^[0-9]{1,15}$/, `${name} is a whole number`)
    .transform(Number);
}
