import { bytesText } from './bytesText';

const intervalMs = 200;
/** The speed is an average over this time, in milliseconds. */
const speedWindowMs = 5_000;

interface Sample {
  readonly ms: number;
  readonly bytes: number;
}

/** One line on a terminal that is written over: the share, the bytes, the speed and the time left. */
export class ProgressLine {
  readonly #stream: NodeJS.WriteStream;
  readonly #verb: string;
  #totalBytes: number | undefined;
  #bytes = 0;
  #samples: Sample[] = [];
  #isShown = false;

  /** Nothing is shown unless `stream` is a terminal. `verb` begins the line, as in "Verifying". */
  constructor(stream: NodeJS.WriteStream, verb: string, totalBytes?: number) {
    this.#stream = stream;
    this.#verb = verb;
    this.#totalBytes = totalBytes;
  }

  setTotal(bytes: number): void {
    this.#totalBytes = bytes;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
    if (!this.#stream.isTTY) return;
    const ms = performance.now();
    const last = this.#samples.at(-1);
    if (last !== undefined && ms - last.ms < intervalMs) return;
    this.#samples = [...this.#samples.filter((sample) => ms - sample.ms < speedWindowMs), { ms, bytes: this.#bytes }];
    this.#stream.write(`\r\x1b[K${this.#verb} ${progressText(this.#bytes, this.#totalBytes, this.#samples)}`);
    this.#isShown = true;
  }

  /** Removes the line, so that another text takes its place. */
  clear(): void {
    if (this.#isShown) this.#stream.write('\r\x1b[K');
    this.#isShown = false;
  }
}

/** `samples` are those of the last seconds, the newest last. */
export function progressText(bytes: number, totalBytes: number | undefined, samples: readonly Sample[]): string {
  const [first, last] = [samples[0], samples.at(-1)];
  const seconds = first === undefined || last === undefined ? 0 : (last.ms - first.ms) / 1000;
  const speed = seconds > 0 ? ((last?.bytes ?? 0) - (first?.bytes ?? 0)) / seconds : 0;
  const speedText = speed > 0 ? `, ${bytesText(speed)}/s` : '';
  if (totalBytes === undefined) return `${bytesText(bytes)}${speedText}`;
  const percent = totalBytes === 0 ? 100 : Math.min(100, Math.floor((bytes / totalBytes) * 100));
  const leftText = speed > 0 ? `, ${durationText(Math.max(0, totalBytes - bytes) / speed)} left` : '';
  return `${percent} %, ${bytesText(bytes)} of ${bytesText(totalBytes)}${speedText}${leftText}`;
}

function durationText(seconds: number): string {
  const rounded = Math.ceil(seconds);
  if (rounded < 60) return `${rounded} s`;
  const minutes = Math.ceil(rounded / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
