import { asLines, type Content, type Standing } from './contents';
import type { History } from './history';
import type { Participant } from './participant';

/** What a command may do: `sends` and `elsewhere` leave the disk alone, and the one that sends it looks at it first. */
export type CommandKind = 'sends' | 'elsewhere' | 'brings' | 'merges' | 'replaces';

/** How a command ended. */
export interface Outcome {
  readonly isDone: boolean;
  /** Paths at which it made one content of two. */
  readonly merged: readonly string[];
}

/**
 * Holds each command to what is promised of the contents that stood on the disk when it began.
 *
 * A content is promised to be found for ever once a push has sent it, or once a command took it from the disk.
 * What a user's own hand overwrote before either is the user's own doing.
 */
export class Promises {
  readonly #history: History;
  readonly #contents = new Set<Content>();

  constructor(history: History) {
    this.#history = history;
  }

  get contents(): ReadonlySet<Content> {
    return this.#contents;
  }

  /** Throws when the command that `run` is broke a promise. */
  async hold(one: Participant, kind: CommandKind, run: () => Promise<Outcome>): Promise<void> {
    const before = await one.onDisk();
    const everSent = new Set(await this.#history.contents());
    const { isDone, merged } = await run();
    const after = await one.onDisk();
    await this.#checkKept(one, before, after);
    const touched = touchedUnsent(before, after, everSent);
    if (kind === 'brings') refuse(touched);
    if (kind === 'merges') refuse(await this.#notMerged(touched, merged, after));
    if (kind === 'sends' || kind === 'elsewhere') refuseDifference(before, after);
    if (kind === 'sends' && isDone) await this.#checkSent(one, before);
  }

  /** The promised contents that are found neither on a disk, nor at the server, nor in a backup. */
  async broken(everybody: readonly Participant[]): Promise<Content[]> {
    const found = new Set(await this.#history.contents());
    for (const one of everybody) {
      for (const content of contentsOf(await one.onDisk())) found.add(content);
      for (const content of contentsOf(await one.backups())) found.add(content);
    }
    return [...this.#contents].filter((content) => !found.has(content));
  }

  /** Those of `paths` that are neither `merged` nor theirs now: a merge makes a file theirs that has nothing else of mine. */
  async #notMerged(
    paths: readonly string[],
    merged: readonly string[],
    after: ReadonlyMap<string, Standing>,
  ): Promise<string[]> {
    const { standing: head } = await this.#history.head();
    const isTheirs = (path: string): boolean => after.has(path) && after.get(path)?.content === head.get(path)?.content;
    return paths.filter((path) => !merged.includes(path) && !isTheirs(path));
  }

  /** Whatever stood there and does no more is at the server, or in a backup. */
  async #checkKept(
    one: Participant,
    before: ReadonlyMap<string, Standing>,
    after: ReadonlyMap<string, Standing>,
  ): Promise<void> {
    const still = contentsOf(after);
    const taken = [...before].filter(([, { content }]) => !still.has(content));
    if (taken.length === 0) return;
    const kept = new Set([...(await this.#history.contents()), ...contentsOf(await one.backups())]);
    const lost = taken.filter(([, { content }]) => !kept.has(content));
    if (lost.length > 0) throw new Error(`lost by that: ${lost.map(([path]) => path).join(', ')}`);
    for (const [, { content }] of taken) this.#contents.add(content);
  }

  /** After a push, all that is tracked and not shown to be out of step is at the server. */
  async #checkSent(one: Participant, before: ReadonlyMap<string, Standing>): Promise<void> {
    const { sync } = one.machine;
    const sent = await this.#history.contents();
    for (const [path, { content }] of before) {
      if (!sync.isOnDisk(path) || sync.pathStates.has(path)) continue;
      if (!sent.has(content)) throw new Error(`shown as in step, but not at the server: ${path}`);
      this.#contents.add(content);
    }
  }
}

/** Where something else stands now than what the server had never seen. */
function touchedUnsent(
  before: ReadonlyMap<string, Standing>,
  after: ReadonlyMap<string, Standing>,
  everSent: ReadonlySet<Content>,
): string[] {
  return [...before].flatMap(([path, { content }]) => {
    return everSent.has(content) || after.get(path)?.content === content ? [] : [path];
  });
}

/** What brings the server's changes takes the place of nothing that the server had never seen. */
function refuse(touched: readonly string[]): void {
  if (touched.length > 0) throw new Error(`never sent, and touched: ${touched.join(', ')}`);
}

function refuseDifference(before: ReadonlyMap<string, Standing>, after: ReadonlyMap<string, Standing>): void {
  if (asLines(before).join('\n') !== asLines(after).join('\n')) throw new Error('sending changed the disk');
}

function contentsOf(standing: ReadonlyMap<string, Standing>): Set<Content> {
  return new Set([...standing.values()].map(({ content }) => content));
}
