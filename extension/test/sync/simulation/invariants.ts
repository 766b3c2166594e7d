import { formatFiles, type Content, type Files } from './files';
import type { History } from './history';
import type { Participant } from './participant';

/**
 * Commands by the files that they may change: a push or the undo of a push changes none; a decision, a restore or the undo
 * of a pull may change any (`replace`).
 */
export type CommandKind = 'push' | 'undoPush' | 'pull' | 'mergingPull' | 'replace';

export interface CommandOutcome {
  readonly isDone: boolean;
  /** Paths whose two contents the command merged. */
  readonly merged: readonly string[];
}

/**
 * Checks after each command that it lost no content and changed no file that it may not change.
 *
 * A content is protected forever once a push has sent it or a command has removed it from the disk. A content that the
 * user overwrites before that is not.
 */
export class Invariants {
  readonly #history: History;
  readonly #protected = new Set<Content>();

  constructor(history: History) {
    this.#history = history;
  }

  get protectedContents(): ReadonlySet<Content> {
    return this.#protected;
  }

  /** Runs a command. Throws if it violates an invariant. */
  async check(participant: Participant, kind: CommandKind, run: () => Promise<CommandOutcome>): Promise<void> {
    const before = await participant.filesOnDisk();
    const pushedBefore = new Set(await this.#history.contents());
    const { isDone, merged } = await run();
    const after = await participant.filesOnDisk();
    await this.#checkNothingLost(participant, before, after);
    const overwritten = unpushedChanges(before, after, pushedBefore);
    if (kind === 'pull') refuseOverwriting(overwritten);
    if (kind === 'mergingPull') refuseOverwriting(await this.#withoutMerged(overwritten, merged, after));
    if (kind === 'push' || kind === 'undoPush') refuseDifference(before, after);
    if (kind === 'push' && isDone) await this.#checkPushed(participant, before);
  }

  /** Returns the protected contents that are on no disk, in no revision and in no backup. */
  async lostContents(participants: readonly Participant[]): Promise<Content[]> {
    const found = new Set(await this.#history.contents());
    for (const participant of participants) {
      for (const content of contentsOf(await participant.filesOnDisk())) found.add(content);
      for (const content of contentsOf(await participant.filesInBackups())) found.add(content);
    }
    return [...this.#protected].filter((content) => !found.has(content));
  }

  /** Leaves out merged paths. A merge that keeps nothing of the local text yields the server's. */
  async #withoutMerged(paths: readonly string[], merged: readonly string[], after: Files): Promise<string[]> {
    const { files: head } = await this.#history.head();
    const isFromServer = (path: string): boolean =>
      after.has(path) && after.get(path)?.content === head.get(path)?.content;
    return paths.filter((path) => !merged.includes(path) && !isFromServer(path));
  }

  /** A content that a command removed from the disk is on the server or in a backup. */
  async #checkNothingLost(participant: Participant, before: Files, after: Files): Promise<void> {
    const remaining = contentsOf(after);
    const removed = [...before].filter(([, { content }]) => !remaining.has(content));
    if (removed.length === 0) return;
    const kept = new Set([...(await this.#history.contents()), ...contentsOf(await participant.filesInBackups())]);
    const lost = removed.filter(([, { content }]) => !kept.has(content));
    if (lost.length > 0) throw new Error(`lost by this command: ${lost.map(([path]) => path).join(', ')}`);
    for (const [, { content }] of removed) this.#protected.add(content);
  }

  /** After a push, the server has each tracked file that is shown as synced. */
  async #checkPushed(participant: Participant, before: Files): Promise<void> {
    const { sync } = participant.machine;
    const pushed = await this.#history.contents();
    for (const [path, { content }] of before) {
      if (!sync.isOnDisk(path) || sync.pathStates.has(path)) continue;
      if (!pushed.has(content)) throw new Error(`shown as synced, but not on the server: ${path}`);
      this.#protected.add(content);
    }
  }
}

/** Returns the paths whose content changed and had never been on the server. */
function unpushedChanges(before: Files, after: Files, pushedBefore: ReadonlySet<Content>): string[] {
  return [...before].flatMap(([path, { content }]) => {
    return pushedBefore.has(content) || after.get(path)?.content === content ? [] : [path];
  });
}

function refuseOverwriting(paths: readonly string[]): void {
  if (paths.length > 0) throw new Error(`overwritten, although never pushed: ${paths.join(', ')}`);
}

function refuseDifference(before: Files, after: Files): void {
  if (formatFiles(before).join('\n') !== formatFiles(after).join('\n')) throw new Error('a push changed the disk');
}

function contentsOf(files: Files): Set<Content> {
  return new Set([...files.values()].map(({ content }) => content));
}
