import { inParallel } from '../../concurrency/inParallel';
import { hasContent } from '../../objects/content';
import type { FileStamp } from '../../objects/fileStamp';
import type { ObjectStore } from '../../objects/objectStore';
import type { Upload } from '../../sessions/session';

const maxParallelHashes = 3;

/** Stores the uploads that are complete in the inbox already. Returns the stamps of their objects, by hash. */
export async function storeReceived(
  objects: ObjectStore,
  inbox: string,
  uploads: readonly Upload[],
): Promise<Map<string, FileStamp>> {
  const received = new Map<string, FileStamp>();
  await inParallel(uploads, maxParallelHashes, async (upload) => {
    const file = `${inbox}/${upload.path}`;
    if (!(await hasContent(file, upload))) return;
    await objects.store(file, upload);
    const stamp = objects.stamp(upload);
    if (stamp !== undefined) received.set(upload.hash, stamp);
  });
  return received;
}
