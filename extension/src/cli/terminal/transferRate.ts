import { formatBytes } from '../../messages/format';

/** The speed is an average over so long, in milliseconds. */
const windowMs = 5_000;
/** A shorter time says nothing about the speed. */
const leastMs = 500;

interface Sample {
  readonly ms: number;
  readonly bytes: number;
}

/** The speed of a transfer, and the time that it will still take. */
export class TransferRate {
  #samples: Sample[] = [];

  /** `ms` is the time of any steady clock, in milliseconds. Fewer bytes than before begin a new transfer. */
  add(bytes: number, ms: number): void {
    if (bytes < (this.#samples.at(-1)?.bytes ?? 0)) this.#samples = [];
    this.#samples = [...this.#samples.filter((sample) => ms - sample.ms < windowMs), { ms, bytes }];
  }

  /** `12.3 MB/s, 1 min left`; empty as long as the speed is not known. */
  text(totalBytes: number): string {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (first === undefined || last === undefined || last.ms - first.ms < leastMs) return '';
    const perSecond = (1000 * (last.bytes - first.bytes)) / (last.ms - first.ms);
    if (perSecond <= 0) return '';
    const left = durationText((totalBytes - last.bytes) / perSecond);
    return `${formatBytes(Math.round(perSecond))}/s, ${left} left`;
  }
}

function durationText(seconds: number): string {
  const rounded = Math.max(0, Math.ceil(seconds));
  if (rounded < 60) return `${rounded} s`;
  const minutes = Math.ceil(rounded / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
