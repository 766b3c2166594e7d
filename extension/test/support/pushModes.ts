import { entryWith } from '../../src/core/entry';
import { putChange } from '../../src/core/wire';
import type { Client } from '../../src/io/api/client';

/** Pushes this many revisions of a file on the server. Each changes its mode, which needs no transfer. */
export async function pushModes(client: Client, tree: string, path: string, count: number): Promise<void> {
  const { files, revision } = await client.files(tree, 0);
  const file = files.find((each) => each.path === path);
  if (file === undefined || 'deleted' in file) throw new Error(`${path} is not on the server.`);
  let { mode } = file;
  for (let step = 0; step < count; step++) {
    mode = mode === 0o600 ? 0o644 : 0o600;
    const changes = [putChange(entryWith(file, { mode }))];
    const session = await client.beginPush(tree, { base: revision + step, changes });
    await client.commitPush(tree, session.id);
  }
}
