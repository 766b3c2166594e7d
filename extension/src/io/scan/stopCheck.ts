import { PalmtreeError } from '../../errors';

/** Returns a function that throws cancelled once another thread has set the 32-bit integer in `stop`. */
export function stopCheck(stop: SharedArrayBuffer): () => void {
  const stopped = new Int32Array(stop);
  return () => {
    if (Atomics.load(stopped, 0) !== 0) throw new PalmtreeError('cancelled', 'the scan was cancelled');
  };
}
