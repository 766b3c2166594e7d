import * as z from 'zod';

/**
 * An array in a response. Only its first invalid item is reported: zod's own array makes an issue for each, and those of a body of
 * 4 MB take 1.8 GB.
 */
export function list<T extends z.ZodType>(item: T) {
  return z.custom<readonly unknown[]>(Array.isArray, 'is not a list').transform((values, context): z.output<T>[] => {
    const items: z.output<T>[] = [];
    for (const [index, value] of values.entries()) {
      const result = item.safeParse(value);
      if (!result.success) {
        const [issue] = result.error.issues;
        context.addIssue({ code: 'custom', message: issue?.message, path: [index, ...(issue?.path ?? [])] });
        return z.NEVER;
      }
      items.push(result.data);
    }
    return items;
  });
}
