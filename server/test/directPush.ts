import { chmodSync, mkdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import type { BeginPush } from '../src/contract/schemas';
import { puts, writeFiles, type Files } from './changes';
import { temporaryFolder } from './temporaryFolder';
import type { TestServer } from './testServer';

/** Puts files into a push's inbox as rsync does: complete, with their mode, and by renaming. */
export function fillInbox(server: TestServer, id: string, files: Files): void {
  const inbox = server.services.sessions.filesFolderOf(id);
  const source = temporaryFolder();
  writeFiles(source, files);
  for (const path of Object.keys(files)) {
    chmodSync(join(source, path), 0o444);
    mkdirSync(dirname(join(inbox, path)), { recursive: true });
    renameSync(join(source, path), join(inbox, path));
  }
}

/** Pushes without rsync, by filling the inbox directly. Returns the tree's revision. */
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
