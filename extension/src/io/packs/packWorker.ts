import { parentPort } from 'node:worker_threads';
import { PalmtreeError } from '../../errors';
import { isFull } from '../fs/errno';
import { failureOf } from '../threads/threadFailure';
import type { PackJob, PackReply } from './packMessages';
import { readPack } from './readPack';
import { writePack } from './writePack';

function run(job: PackJob): PackReply {
  try {
    if (job.kind === 'unpack') return { kind: 'done', missing: readPack(job.pack, job.files) };
    writePack(job.pack, job.files);
    return { kind: 'done', missing: [] };
  } catch (error) {
    const known = isFull(error) ? new PalmtreeError('disk_full', `no space for ${job.pack}`, { cause: error }) : error;
    return { kind: 'failed', ...failureOf(known, 'packing_failed') };
  }
}

parentPort?.on('message', (job: PackJob) => parentPort?.postMessage(run(job)));
