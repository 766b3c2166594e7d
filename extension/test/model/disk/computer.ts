import { errnoOf } from '../../../src/io/fs/errno';
import { realFs } from './realFs';

/** Thrown by each call of a computer that has crashed. Nothing on it may catch it and go on. */
export class Crash extends Error {
  override readonly name = 'Crash';
}

export type Errno = 'ENOSPC' | 'EIO' | 'EMFILE';

export interface DiskFault {
  /** Errors make one call fail; a full disk makes all later writes fail until the command ends. */
  readonly kind: Errno | 'short write' | 'kill' | 'power loss';
  /** The call that it happens at, counted from the beginning of the command. */
  readonly at: number;
  /** After a power loss: the fraction of the changes that were not flushed and survive. */
  readonly kept: number;
}

/** The kinds of calls between which faults distinguish. */
export type CallKind = 'read' | 'write' | 'flush';

interface NameChange {
  readonly undo: () => void;
}

/**
 * One computer with its part of the file system. It lets calls fail, and knows what a power loss would undo: changes of
 * names, in their order, since the last flush of anything (as the journals of ext4, XFS and Btrfs keep it), and the content
 * of each file that was not flushed since it was written.
 */
export class Computer {
  readonly folders: readonly string[];
  readonly #graveyard: string;
  #fault: DiskFault | undefined;
  #calls = 0;
  #isDead = false;
  #isFull = false;
  /** A call of this command has failed. */
  hasFailed = false;
  #names: NameChange[] = [];
  /** Links to the files whose content is not flushed, by inode. */
  readonly #dirty = new Map<bigint, string>();
  #graves = 0;

  constructor(folders: readonly string[], graveyard: string) {
    this.folders = folders;
    this.#graveyard = graveyard;
    realFs.mkdirSync(graveyard, { recursive: true });
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** The calls since `begin`. */
  get calls(): number {
    return this.#calls;
  }

  /** Begins a command, in which the fault happens. */
  begin(fault: DiskFault | undefined): void {
    this.#fault = fault;
    this.#calls = 0;
    this.#isFull = false;
    this.hasFailed = false;
  }

  /** To be called before each call. Throws what the fault makes the call throw. Returns whether to write only half. */
  call(kind: CallKind): boolean {
    if (this.#isDead) throw new Crash('the computer is off');
    const fault = this.#fault;
    if (this.#isFull && kind === 'write') throw this.#failure('ENOSPC');
    if (fault === undefined || this.#calls++ !== fault.at) return false;
    if (fault.kind === 'kill' || fault.kind === 'power loss') {
      this.#isDead = true;
      throw new Crash(fault.kind);
    }
    if (fault.kind === 'short write' || fault.kind === 'ENOSPC') {
      if (kind !== 'write') {
        // It happens at the next write.
        this.#fault = { ...fault, at: this.#calls };
        return false;
      }
      this.#isFull = true;
      if (fault.kind === 'short write') {
        this.hasFailed = true;
        return true;
      }
      throw this.#failure('ENOSPC');
    }
    throw this.#failure(fault.kind);
  }

  /** To be called before each statement of a database. Its own errors are not simulated, only crashes between statements. */
  callDatabase(): void {
    const { kind } = this.#fault ?? {};
    if (kind === 'kill' || kind === 'power loss') this.call('flush');
  }

  /** Only a power loss needs the record of what is not flushed. */
  get isRecording(): boolean {
    return this.#fault?.kind === 'power loss' && !this.#isDead;
  }

  /** Records how to undo a change of names. */
  renamed(undo: () => void): void {
    if (this.isRecording) this.#names.push({ undo });
  }

  /** Returns a link to what is at `path`, which outlives the path; undefined if nothing is there. */
  keep(path: string): string | undefined {
    if (!this.isRecording) return undefined;
    const kept = this.#newGrave();
    try {
      realFs.linkSync(path, kept);
      return kept;
    } catch {
      return undefined;
    }
  }

  /** The content of the file was changed. */
  wrote(path: string): void {
    if (!this.isRecording) return;
    const stats = realFs.lstatSync(path, { bigint: true, throwIfNoEntry: false });
    if (stats?.isFile() !== true || this.#dirty.has(stats.ino)) return;
    const kept = this.keep(path);
    if (kept !== undefined) this.#dirty.set(stats.ino, kept);
  }

  /** One file or folder was flushed, or all of them. */
  flushed(inode?: bigint): void {
    this.#names = [];
    if (inode === undefined) this.#dirty.clear();
    else this.#dirty.delete(inode);
  }

  /** Turns a computer that crashed on again, after it has lost what a power loss makes it lose. */
  restart(): void {
    if (this.#fault?.kind === 'power loss' && this.#isDead) this.#lose(this.#fault.kept);
    this.#isDead = false;
    this.begin(undefined);
    this.flushed();
  }

  #lose(kept: number): void {
    const survivors = Math.floor(this.#names.length * kept);
    for (const { undo } of this.#names.slice(survivors).toReversed()) {
      try {
        undo();
      } catch (error) {
        // The removal of a whole folder counts as flushed.
        if (errnoOf(error) !== 'ENOENT') throw error;
      }
    }
    for (const path of this.#dirty.values()) {
      const { size, mode } = realFs.statSync(path);
      // Its owner may not write a read-only file, unless that is root; a power loss asks nobody.
      realFs.chmodSync(path, 0o600);
      realFs.truncateSync(path, Math.floor(size * kept));
      realFs.chmodSync(path, mode);
    }
  }

  #failure(code: Errno): Error {
    this.hasFailed = true;
    return errnoError(code);
  }

  #newGrave(): string {
    return `${this.#graveyard}/${this.#graves++}`;
  }
}

function errnoError(code: Errno): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: simulated`), { code, errno: -1, syscall: 'simulated' });
}
