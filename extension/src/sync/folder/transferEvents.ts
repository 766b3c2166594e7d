import type { PullResult } from '../pull/pull';
import type { PushResult } from '../push/push';
import { Emitter } from './emitter';

/** Tells of the pushes and pulls that changed something, whoever asked for them. */
export class TransferEvents {
  readonly #pushed: Emitter<PushResult>;
  readonly #pulled: Emitter<PullResult>;

  constructor(onDefect: (error: unknown) => void) {
    this.#pushed = new Emitter(onDefect);
    this.#pulled = new Emitter(onDefect);
  }

  get onDidPush() {
    return this.#pushed.event;
  }

  get onDidPull() {
    return this.#pulled.event;
  }

  /** Reports a push once it has ended, and returns its result. */
  async push(running: Promise<PushResult>): Promise<PushResult> {
    const result = await running;
    if (result.put + result.deleted > 0) this.#pushed.fire(result);
    return result;
  }

  /** Reports a pull once it has ended, and returns its result. */
  async pull(running: Promise<PullResult>): Promise<PullResult> {
    const result = await running;
    if (result.written + result.deleted + result.merged.length > 0) this.#pulled.fire(result);
    return result;
  }

  dispose(): void {
    this.#pushed.dispose();
    this.#pulled.dispose();
  }
}
