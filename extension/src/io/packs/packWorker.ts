import { parentPort } from 'node:worker_threads';
import { PalmtreeError } from '../../errors';
import { isFull } from '../fs/errno';
import { fillFromBasis } from '../deltas/fillFromBasis';
import { Signature } from '../deltas/signature';
import { writeDelta } from '../deltas/writeDelta';
import { failureOf } from '../threads/threadFailure';
import type { PackJob, PackReply, PackResult } from './packMessages';
import { readPack } from './readPack';
import { writePack } from './writePack';

function run(job: PackJob): PackReply {
  try {
    return { kind: 'done', result: resultOf(job) };
  } catch (error) {
    const known = isFull(error)
      ? new PalmtreeError('disk_full', `no space for ${targetOf(job)}`, { cause: error })
      : error;
    return { kind: 'failed', ...failureOf(known, 'packing_failed') };
  }
}

function resultOf(job: PackJob): PackResult {
  switch (job.kind) {
    case 'pack':
      writePack(job.pack, job.files);
      return [];
    case 'unpack':
      return readPack(job.pack, job.files);
    case 'delta':
      return writeDelta(job.request, signatureIn(job.signature));
    case 'fill':
      return fillFromBasis(job.request, signatureIn(job.signature));
  }
}

function signatureIn(bytes: Uint8Array): Signature {
  const signature = Signature.parse(bytes);
  if (signature === undefined) throw new PalmtreeError('not_a_palmtree_server', 'the signature is not valid');
  return signature;
}

function targetOf(job: PackJob): string {
  if (job.kind === 'delta') return job.request.delta;
  return job.kind === 'fill' ? job.request.target : job.pack;
}

parentPort?.on('message', (job: PackJob) => parentPort?.postMessage(run(job)));
