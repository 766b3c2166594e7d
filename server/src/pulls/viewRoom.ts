import { inSlices } from '../concurrency/inSlices';
import type { FileEntry } from '../contract/schemas';
import type { SessionStore } from '../sessions/sessionStore';
import type { DiskSpace } from '../space/diskSpace';

const blockBytes = 4096;
/** An entry of a folder, besides the name. */
const bytesPerName = 24;
/** The folders and small files of a session. */
const bytesPerSession = 32 << 10;
/** This many sessions of a token, each with a view of this size, have room in the space that pushes leave free. */
const maxUncheckedBytes = 1 << 20;
const maxUncheckedSessions = 16;

/** Throws storage_full. A full disk still serves pulls, unless the token has many of them or the view is big. */
export async function requireRoomForView(
  { space, sessions }: { readonly space: DiskSpace; readonly sessions: SessionStore },
  tokenId: number,
  files: readonly FileEntry[],
): Promise<void> {
  const bytes = await viewBytes(files);
  if (bytes > maxUncheckedBytes || sessions.countOf(tokenId) >= maxUncheckedSessions) {
    await space.requireRoomForView(bytes);
  }
}

/** The room on the disk for the folders and names of a view, and for its session. */
async function viewBytes(files: readonly FileEntry[]): Promise<number> {
  const folders = new Set<string>();
  let nameBytes = 0;
  await inSlices(files, ({ path }) => {
    nameBytes += bytesPerName + path.length;
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const folder = path.slice(0, end);
      if (folders.has(folder)) return;
      folders.add(folder);
    }
  });
  return bytesPerSession + nameBytes + folders.size * blockBytes;
}
