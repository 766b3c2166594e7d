import { PalmtreeError } from '../../errors';
import { isSignature } from '../deltas/signature';
import type { HttpTransfer } from './movedFile';

/**
 * The signature of the file that the server has at `path`; undefined if it has none. Throws not_a_palmtree_server for other bytes,
 * before the thread that finds the differences gets them.
 */
export async function receivedSignature(
  { request, limits, progress }: HttpTransfer,
  path: string,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  const signature = await request.files.signature(path, maxBytes, limits);
  if (signature === undefined) return undefined;
  progress.receivedBytes += signature.length;
  if (isSignature(signature)) return signature;
  const details = { subject: new URL(request.endpoint.url).host, paths: [path] };
  throw new PalmtreeError('not_a_palmtree_server', `no signature of ${path}`, { details });
}
