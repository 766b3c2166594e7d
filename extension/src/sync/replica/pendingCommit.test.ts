import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { CommandContext } from './commandContext';
import { recordCommit } from './pendingCommit';

it('a commit that cannot be recorded is not made: it could not be settled if its response were lost', async () => {
  const storage = mkdtempSync(join(tmpdir(), 'palmtree-storage-'));
  onTestFinished(() => rmSync(storage, { recursive: true, force: true }));
  const server = { client: { address: 'http://server' }, tree: 't' };
  const record = (pendingCommit: string): Promise<void> =>
    recordCommit({ server, folders: { pendingCommit } } as CommandContext, { id: 'id', base: 1 });
  await record(join(storage, 'pending'));
  await expect(record(join(storage, 'missing', 'pending'))).rejects.toMatchObject({ code: 'ENOENT' });
});
