import { inParallel } from '../../concurrency/inParallel';
import { inSlices } from '../../concurrency/inSlices';
import { parentOf } from '../../contract/paths';
import { pathsError } from '../../errors';
import { hasContent, isSmall, verifiedStatsOfSmall } from '../../objects/content';
import type { Upload } from '../../sessions/session';
import { InboxFolders } from '../../sessions/inboxFolders';

const maxParallelHashes = 3;

/** Throws content_mismatch unless the inbox has the declared content for each upload. */
export async function verifyInbox(inbox: string, uploads: readonly Upload[]): Promise<void> {
  const wrong = new Set<string>();
  const folders = new InboxFolders(inbox);
  const check = (upload: Upload, file: string, isVerified: boolean): void => {
    if (!isVerified || !folders.isSymlinkFree(parentOf(file))) wrong.add(upload.path);
  };
  await inSlices(uploads.filter(isSmall), (upload) => {
    const file = `${inbox}/${upload.path}`;
    check(upload, file, verifiedStatsOfSmall(file, upload) !== undefined);
  });
  const big = uploads.filter((upload) => !isSmall(upload));
  await inParallel(big, maxParallelHashes, async (upload) => {
    const file = `${inbox}/${upload.path}`;
    check(upload, file, await hasContent(file, upload));
  });
  if (wrong.size === 0) return;
  const paths = uploads.map((upload) => upload.path).filter((path) => wrong.has(path));
  throw pathsError('content_mismatch', paths, 'did not arrive with the declared content');
}
