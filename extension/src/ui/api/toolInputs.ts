import * as z from 'zod';

const folder = z
  .string()
  .optional()
  .describe('The name of the workspace folder. Needed only if several folders are connected.');
const path = z.string().describe('The path of a file, relative to the workspace folder, with "/".');
const revision = z.int().positive().describe('The number of a revision on the server.');
const paths = z
  .array(z.string())
  .optional()
  .describe('Only these files and folders, relative to the workspace folder, with "/". Without it, all.');

/** The inputs of the tools for language models, by the name of the tool. A test compares package.json with them. */
export const toolInputs = {
  palmtree_status: z.strictObject({ folder }),
  palmtree_plan: z.strictObject({
    folder,
    direction: z
      .enum(['push', 'pull', 'sync'])
      .optional()
      .describe('The command whose effects are planned. Without it, sync: a pull, then a push.'),
  }),
  palmtree_history: z.strictObject({
    folder,
    path: path.optional().describe('A file whose versions are listed. Without it, the pushes to the whole tree.'),
    before: revision.optional().describe('Lists only what is older than this revision.'),
  }),
  palmtree_diff: z.strictObject({
    folder,
    path,
    revision: revision.optional().describe('The revision to compare with. Without it, the last synced version.'),
  }),
  palmtree_push: z.strictObject({
    folder,
    paths,
    message: z.string().optional().describe("A line for the server's history: what changes, and why."),
  }),
  palmtree_pull: z.strictObject({ folder, paths }),
  palmtree_restore: z.strictObject({ folder, path, revision }),
} as const;

export type ToolName = keyof typeof toolInputs;
export type ToolInput<N extends ToolName> = z.infer<(typeof toolInputs)[N]>;
