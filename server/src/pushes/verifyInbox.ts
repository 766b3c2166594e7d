import { pathsError } from '../errors';
import { inParallel } from '../concurrency/inParallel';
import { inSlices } from '../concurrency/inSlices';
import { hasContent, isSmall, verifiedStatsOfSmall } from '../objects/content';
import type { Upload } from '../sessions/session';
import { InboxFolders } from './inboxFolders';

const hashesAtOnce = 3;

/** Throws unless each upload stands in the inbox with the content that was declared. */
export async function verifyInbox(inbox: string, uploads: readonly Upload[]): Promise<void> {
  const wrong = new Set<string>();
  const real = new InboxFolders(inbox);
  const check = (upload: Upload, file: string, holds: boolean): void => {
    if (!holds || !real.isLinkFree(file.slice(0, file.lastIndexOf('/')))) wrong.add(upload.path);
  };
  await inSlices(uploads.filter(isSmall), (upload) => {
    const file = `${inbox}/${upload.path}`;
    check(upload, file, verifiedStatsOfSmall(file, upload) !== undefined);
  });
  const big = uploads.filter((upload) => !isSmall(upload));
  await inParallel(big, hashesAtOnce, async (upload) => {
    const file = `${inbox}/${upload.path}`;
    check(upload, file, await hasContent(file, upload));
  });
  if (wrong.size === 0) return;
  const paths = uploads.map((upload) => upload.path).filter((path) => wrong.has(path));
  throw pathsError('content_mismatch', paths, 'did not arrive with the content that was declared');
}
