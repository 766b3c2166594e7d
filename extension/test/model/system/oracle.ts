import type { Files } from './files';
import type { ModelMachine } from './modelMachine';
import { hashOf, type Revision, type Revisions, type Table } from './revisions';

/** Compares the acts of each side with what it may do. Every method throws if a promise is broken. */
export class Oracle {
  readonly #revisions: Revisions;
  /** The contents that each machine had on its disk at any time, or its user was asked about, as `path hash`. */
  readonly #seen = new Map<ModelMachine, Set<string>>();
  /** The contents that a push took out of the head, and nobody has put back, as `path hash`. */
  readonly #dead = new Set<string>();

  /**
   * The contents that the user of each machine has put on its disk by a decision, while they stay there. If another machine
   * deletes one of them meanwhile, an edit meets a deletion, and the edit is kept.
   */
  readonly #chosen = new Map<ModelMachine, Set<string>>();

  constructor(revisions: Revisions) {
    this.#revisions = revisions;
  }

  /** The user has changed files: whatever is there now was put there. */
  edited(machine: ModelMachine, before: Files, after: Files): void {
    this.#see(machine, after);
    for (const [path, text] of after) if (before.get(path) !== text) this.#dead.delete(key(path, hashTarget(text)));
  }

  /** The user decided for what is on the disk now, and against what the server has. */
  decided(machine: ModelMachine, before: Files, after: Files): void {
    this.#see(machine, after);
    for (const [path, text] of after) {
      if (before.get(path) !== text) this.#chosen.get(machine)?.add(key(path, hashTarget(text)));
    }
    this.#seeTable(machine, this.#revisions.headTable);
    for (const [path, text] of after) this.#dead.delete(key(path, hashTarget(text)));
  }

  /** Each content that was on the disk is there, on the server or in a backup. */
  checkNothingLost(machine: ModelMachine, before: Files, after: Files): void {
    const left = new Set(after.values());
    const gone = [...before].filter(([, text]) => !left.has(text));
    if (gone.length === 0) return;
    const backups = new Set(machine.backups().values());
    const lost = gone.filter(([, text]) => !this.#revisions.hashes.has(hashTarget(text)) && !backups.has(text));
    if (lost.length > 0) throw new Error(`${machine.name} lost ${lost.map(([path]) => path).join(', ')}`);
  }

  checkDiskUnchanged(machine: ModelMachine, before: Files, after: Files): void {
    if (JSON.stringify([...before]) !== JSON.stringify([...after])) throw new Error(`a push changed ${machine.name}`);
  }

  /**
   * A pull replaces no content that the server never had, except by a merge. `known` are the server's hashes before the
   * pull, `merged` the paths that it reported as merged; undefined if it may have merged any.
   */
  checkPull(
    machine: ModelMachine,
    before: Files,
    after: Files,
    { known, merged }: { readonly known: ReadonlySet<string>; readonly merged: ReadonlySet<string> | undefined },
  ): void {
    this.#see(machine, after);
    if (merged === undefined) this.#seeTable(machine, this.#revisions.headTable);
    const head = this.#revisions.headTable;
    for (const path of merged ?? []) this.#seen.get(machine)?.add(key(path, head.get(path) ?? ''));
    for (const [path, text] of before) {
      const isReplaced = after.get(path) !== text && !known.has(hashTarget(text));
      if (!isReplaced || merged === undefined || merged.has(path)) continue;
      // A merge that keeps nothing of the local text yields the server's.
      const now = after.get(path);
      if (now !== undefined && hashTarget(now) === head.get(path)) continue;
      throw new Error(`the pull of ${machine.name} replaced ${path}, which was never pushed`);
    }
  }

  /** A push replaces only versions that one of `machines` had, and brings back none that a push took away. */
  checkRevision(machines: readonly ModelMachine[], { number, isForced, before, after }: Revision): void {
    for (const [path, hash] of before) {
      if (after.get(path) === hash) continue;
      const isSeen = machines.some((machine) => this.#seen.get(machine)?.has(key(path, hash)) === true);
      if (!isForced && !isSeen) throw new Error(`revision ${number} replaced ${path}, which its author never had`);
      this.#dead.add(key(path, hash));
    }
    const isChosen = (one: string): boolean => machines.some((machine) => this.#chosen.get(machine)?.has(one) === true);
    for (const [path, hash] of after) {
      if (before.get(path) === hash || !this.#dead.has(key(path, hash))) continue;
      if (!isForced && !isChosen(key(path, hash))) throw new Error(`revision ${number} brought ${path} back`);
      this.#dead.delete(key(path, hash));
    }
  }

  #see(machine: ModelMachine, files: Files): void {
    const seen = this.#seen.get(machine) ?? new Set();
    this.#seen.set(machine, seen);
    const onDisk = new Set(Array.from(files, ([path, text]) => key(path, hashTarget(text))));
    for (const one of onDisk) seen.add(one);
    const chosen = [...(this.#chosen.get(machine) ?? [])];
    this.#chosen.set(machine, new Set(chosen.filter((one) => onDisk.has(one))));
  }

  #seeTable(machine: ModelMachine, table: Table): void {
    const seen = this.#seen.get(machine) ?? new Set();
    this.#seen.set(machine, seen);
    for (const [path, hash] of table) seen.add(key(path, hash));
  }
}

function key(path: string, hash: string): string {
  return `${path} ${hash}`;
}

/** The hash of a file's text or, as on the wire, of a symlink's target. */
export function hashTarget(text: string): string {
  return hashOf(text.startsWith('-> ') ? text.slice(3) : text);
}
