import { inSlices } from '../concurrency/inSlices';
import type { PushRecord } from '../sessions/session';

/**
 * The database keeps a path and a target up to six times, in its tables and their indexes: the growth was measured with
 * paths of 3.5 KB. The session's record has them twice, with escapes.
 */
const copiesOfText = 6 + 2;
/** The rest of a change in the database and in the record. */
const bytesPerChange = 2560;
/** The folders and small files of a session, of 4 KiB at least each. */
const bytesPerSession = 32 << 10;

/** The room on the disk, in bytes, for everything of a push but its files: its session and its rows in the database. */
export async function recordRoom(push: Omit<PushRecord, 'base' | 'forced' | 'uploads'>): Promise<number> {
  const { changes, folders, untrackedFolders = [], message = '' } = push;
  let bytes = bytesPerSession + copiesOfText * Buffer.byteLength(message);
  await inSlices(changes, (change) => {
    const target = change.op === 'put' ? (change.target ?? '') : '';
    bytes += bytesPerChange + copiesOfText * (Buffer.byteLength(change.path) + Buffer.byteLength(target));
  });
  for (const folder of [...folders, ...untrackedFolders]) bytes += copiesOfText * (Buffer.byteLength(folder) + 64);
  return bytes;
}
