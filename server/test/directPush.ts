import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { BeginPush } from '../src/contract/schemas';
import { puts, writeFiles, type Files } from './changes';
import type { TestServer } from './testServer';

/** Puts files into a push's inbox as rsync does: by a new file, never into the one that stands there. */
export function fillInbox(server: TestServer, id: string, files: Files): void {
  const inbox = server.services.store.filesFolderOf(id);
  for (const path of Object.keys(files)) rmSync(join(inbox, path), { force: true });
  writeFiles(inbox, files);
}

/** A push without the transfer, for tests of what stands around it. */
export async function pushDirectly(
  server: TestServer,
  tree: string,
  base: number,
  files: Files,
  over: Partial<BeginPush> = {},
): Promise<number> {
  const begun = await server.api.beginPush(tree, { base, changes: puts(files), ...over });
  expect(begun).toMatchObject({ status: 201 });
  fillInbox(server, begun.body.id, files);
  const committed = await server.api.commit(tree, begun.body.id);
  expect(committed).toMatchObject({ status: 200 });
  return committed.body.revision;
}
