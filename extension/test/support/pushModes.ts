import type { Client } from '../../src/io/api/client';

/** Pushes so many revisions of a file on the server. Each changes its mode, which needs no transfer. */
export async function pushModes(client: Client, tree: string, path: string, count: number): Promise<void> {
  const { files, revision } = await client.files(tree, 0);
  const file = files.find((each) => each.path === path);
  if (file === undefined || 'deleted' in file) throw new Error(`${path} is not on the server.`);
  const { revision: _, ...entry } = file;
  let { mode } = entry;
  for (let step = 0; step < count; step++) {
    mode = mode === 0o600 ? 0o644 : 0o600;
    const changes = [{ op: 'put' as const, ...entry, mode }];
    const session = await client.beginPush(tree, { base: revision + step, changes });
    await client.commitPush(tree, session.id);
  }
}
