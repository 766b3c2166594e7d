import { plainLine } from '../../messages/plainText';
import { runningMessage, type RunningStep } from '../../messages/progressMessages';
import { cutToWidth } from './displayWidth';

const intervalMs = 100;
/** Shorter work shows nothing. */
const afterMs = 300;
const barCells = 20;

/** One line at the bottom of a terminal that says what a command does, and is written over. */
export class StatusLine {
  readonly #stream: NodeJS.WriteStream;
  readonly #begun = performance.now();
  #running: RunningStep | string = '';
  #timer: NodeJS.Timeout | undefined;
  #isShown = false;
  /** The number of questions that are open. */
  #pauses = 0;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  show(running: RunningStep | string): void {
    this.#running = running;
    // The time that the server is silent changes without an event.
    if (this.#pauses === 0) this.#timer ??= setInterval(() => this.#draw(), intervalMs).unref();
  }

  /** Removes the line, so that another text takes its place. The next interval draws it again. */
  clear(): void {
    if (this.#isShown) this.#stream.write('\r\u001B[K');
    this.#isShown = false;
  }

  end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.clear();
  }

  /** Shows nothing, whatever is reported, until `resume` has been called as often as this. */
  pause(): void {
    this.#pauses++;
    this.end();
  }

  resume(): void {
    this.#pauses--;
  }

  #draw(): void {
    if (performance.now() - this.#begun < afterMs) return;
    const text = cutToWidth(plainLine(this.#text()), (this.#stream.columns || 80) - 1);
    this.#stream.write(`\r\u001B[K${text}`);
    this.#isShown = true;
  }

  #text(): string {
    const running = this.#running;
    if (typeof running === 'string') return running;
    const message = runningMessage(running, new Date());
    const { progress } = running;
    if (progress === undefined || progress.totalBytes === 0) return message;
    return `${bar(progress.bytes / progress.totalBytes)} ${message}`;
  }
}

function bar(share: number): string {
  const full = Math.min(barCells, Math.floor(share * barCells));
  return `[${'█'.repeat(full)}${'░'.repeat(barCells - full)}]`;
}
