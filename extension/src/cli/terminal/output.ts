import { PalmtreeError } from '../../errors';
import { plainLine, plainLines } from '../../messages/plainText';
import type { ProgressStep } from '../../sync/ports/progressStep';
import type { TransferProgress } from '../../io/transfer/transferProgress';
import { errorSentence } from './errorSentence';
import type { ExitCode } from './exitCodes';
import { StatusLine } from './statusLine';
import { styleFor, type Style } from './style';

export interface OutputOptions {
  /** One JSON object a line on stdout, and nothing else. */
  readonly json: boolean;
  readonly verbose: boolean;
}

/** The shortest time, in milliseconds, between two events of progress for a program that reads `--json`. */
const progressIntervalMs = 200;

type Fields = Readonly<Record<string, unknown>>;

/** Results on stdout, everything else on stderr. Text from outside is shown without control characters. */
export class Output {
  readonly style: Style;
  readonly isVerbose: boolean;
  readonly isJson: boolean;
  readonly #line: StatusLine | undefined;
  readonly #errorStyle: Style;
  #lastProgress = 0;
  #running: { step: ProgressStep; progress: TransferProgress | undefined; since: number } | undefined;

  constructor({ json, verbose }: OutputOptions) {
    const { stdout, stderr, env } = process;
    this.isJson = json;
    this.isVerbose = verbose;
    this.style = styleFor(stdout, env);
    this.#errorStyle = styleFor(stderr, env);
    this.#line = stderr.isTTY && !json && env['TERM'] !== 'dumb' ? new StatusLine(stderr) : undefined;
  }

  /** An event for programs; for people its lines, if there are any. */
  result(event: string, fields: Fields, ...lines: readonly string[]): void {
    if (this.isJson) this.#writeEvent(event, fields);
    else if (lines.length > 0) this.#write(process.stdout, `${lines.join('\n')}\n`);
  }

  /** Content of files, as it is. */
  content(bytes: Uint8Array): void {
    this.#line?.clear();
    process.stdout.write(bytes);
  }

  /** A note for people beside the result. */
  note(text: string): void {
    if (!this.isJson) this.#write(process.stderr, `${plainLines(text)}\n`);
  }

  warn(text: string, fields: Fields = {}): void {
    if (this.isJson) this.#writeEvent('warning', { ...fields, message: text });
    else this.#write(process.stderr, `${this.#errorStyle('yellow', 'warning:')} ${plainLines(text)}\n`);
  }

  error(error: unknown, exit: ExitCode): void {
    const message = errorSentence(error);
    if (this.isJson) {
      const isKnown = error instanceof PalmtreeError;
      const code = isKnown ? error.code : exit === 2 ? 'usage' : 'internal';
      const paths = isKnown && error.details.paths !== undefined ? { paths: error.details.paths } : {};
      this.#writeEvent('error', { code, message, exit, ...paths });
    }
    const text = isExpected(error) ? '' : `\n${error instanceof Error ? error.stack : String(error)}`;
    const cause = this.isVerbose && error instanceof PalmtreeError ? `\n${error.code}: ${error.message}` : '';
    if (!this.isJson) {
      this.#write(process.stderr, `${this.#errorStyle('red', 'palmtree:')} ${plainLines(message + cause + text)}\n`);
    }
  }

  /** A line of another program's output, such as rsync's. */
  foreign(text: string): void {
    if (!this.isJson) this.#write(process.stderr, text);
  }

  step(step: ProgressStep): void {
    if (this.isJson) {
      const { kind, ...fields } = step;
      this.#writeEvent('step', { step: kind, ...fields });
    }
    this.#running = { step, progress: undefined, since: Date.now() };
    this.#line?.show(this.#running);
  }

  progress(progress: TransferProgress): void {
    const before = this.#running;
    const since = before?.progress?.wireBytes === progress.wireBytes ? before.since : Date.now();
    this.#running = { step: before?.step ?? { kind: 'scanning' }, progress, since };
    this.#line?.show(this.#running);
    const now = performance.now();
    if (!this.isJson || now - this.#lastProgress < progressIntervalMs) return;
    this.#lastProgress = now;
    this.#writeEvent('progress', { ...progress });
  }

  /** Shows how far a scan is. */
  scanned(text: string): void {
    this.#line?.show(plainLine(text));
  }

  /** Nothing runs any more, so nothing is shown at the bottom. */
  idle(): void {
    this.#line?.end();
  }

  /** Leaves the terminal to a question, until the returned function is called. */
  pause(): () => void {
    this.#line?.pause();
    return () => this.#line?.resume();
  }

  #writeEvent(event: string, fields: Fields): void {
    process.stdout.write(`${JSON.stringify({ event, ...fields })}\n`);
  }

  #write(stream: NodeJS.WriteStream, text: string): void {
    this.#line?.clear();
    stream.write(text);
  }
}

function isExpected(error: unknown): boolean {
  return error instanceof PalmtreeError || (error instanceof Error && error.name === 'UsageError');
}
