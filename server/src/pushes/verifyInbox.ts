import { pathsError } from '../app/wireError';
import { inParallel } from '../concurrency/inParallel';
import { inSlices } from '../concurrency/inSlices';
import { holdsContent, isSmall, statsOfSmallHolder } from '../objects/content';
import type { Upload } from '../sessions/session';
import { RealFolders } from './realFolders';

const hashesAtOnce = 3;

/** Throws unless each upload stands in the inbox with the content that was declared. */
export async function verifyInbox(inbox: string, uploads: readonly Upload[]): Promise<void> {
  const wrong = new Set<string>();
  const real = new RealFolders(inbox);
  const check = (upload: Upload, file: string, holds: boolean): void => {
    if (!holds || !real.has(file.slice(0, file.lastIndexOf('/')))) wrong.add(upload.path);
  };
  await inSlices(uploads.filter(isSmall), (upload) => {
    const file = `${inbox}/${upload.path}`;
    check(upload, file, statsOfSmallHolder(file, upload) !== undefined);
  });
  const big = uploads.filter((upload) => !isSmall(upload));
  await inParallel(big, hashesAtOnce, async (upload) => {
    const file = `${inbox}/${upload.path}`;
    check(upload, file, await holdsContent(file, upload));
  });
  if (wrong.size === 0) return;
  const paths = uploads.map((upload) => upload.path).filter((path) => wrong.has(path));
  throw pathsError('content_mismatch', paths, 'did not arrive with the content that was declared');
}
