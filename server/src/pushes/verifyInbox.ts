import { dirname, join } from 'node:path';
import { pathsError } from '../app/wireError';
import { inParallel } from '../concurrency/inParallel';
import { inSlices } from '../concurrency/inSlices';
import { holdsContent, holdsSmallContent, isSmall } from '../objects/content';
import type { Upload } from '../sessions/session';
import { RealFolders } from './realFolders';

const hashesAtOnce = 3;

/** Throws unless each upload stands in the inbox with the content that was declared. */
export async function verifyInbox(inbox: string, uploads: readonly Upload[]): Promise<void> {
  const wrong = new Set<string>();
  const real = new RealFolders(inbox);
  const check = (upload: Upload, holds: boolean): void => {
    if (!holds || !real.has(dirname(join(inbox, upload.path)))) wrong.add(upload.path);
  };
  await inSlices(uploads.filter(isSmall), (upload) => {
    check(upload, holdsSmallContent(join(inbox, upload.path), upload));
  });
  const big = uploads.filter((upload) => !isSmall(upload));
  await inParallel(big, hashesAtOnce, async (upload) => {
    check(upload, await holdsContent(join(inbox, upload.path), upload));
  });
  if (wrong.size === 0) return;
  const paths = uploads.map((upload) => upload.path).filter((path) => wrong.has(path));
  throw pathsError('content_mismatch', paths, 'did not arrive with the content that was declared');
}
