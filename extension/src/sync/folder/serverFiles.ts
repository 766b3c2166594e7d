import type { Entry } from '../../core/entry';
import type { HeldPath } from '../../core/reconcile/dropHeld';
import { matchingPathsSteps, type MatchingPaths } from '../../core/status/matchingPaths';
import { RemoteFolders } from '../../core/status/remoteFolders';
import { runYielding } from '../../io/threads/yielding';
import {
  leaveOut,
  localCopies,
  type LeaveOutRequest,
  type LeaveOutResult,
  type LocalCopies,
} from '../history/leaveOut';
import type { Reporter } from '../ports/serverBinding';
import { bring, programFilesSteps, revertBring, type BringRequest, type FormerRules } from '../replica/bring';
import type { LocalContext } from '../replica/commandContext';
import type { Replica } from '../replica/replica';

export interface ServerFilesDeps {
  readonly replica: Replica;
  /** Aborted when the folder is closed. */
  readonly lifetime: AbortSignal;
  /** Runs one operation after all earlier ones, and shows its result. */
  readonly operate: <T>(work: () => Promise<T>) => Promise<T>;
  readonly run: <T>(reporter: Reporter, command: (context: LocalContext) => Promise<T>) => Promise<T>;
}

/** All files of the tree as last known, whether or not they are here, and the choice of those that are. */
export class ServerFiles {
  readonly #deps: ServerFilesDeps;
  #built: { readonly version: readonly unknown[]; readonly folders: Promise<RemoteFolders> } | undefined;

  constructor(deps: ServerFilesDeps) {
    this.#deps = deps;
  }

  /** Other values when a file was added or removed, on the server or on this disk, or has another entry. */
  get version(): readonly unknown[] {
    const { ancestor, local } = this.#deps.replica;
    return [ancestor.version, ancestor.remoteChanges, local.folders];
  }

  /** The time, in milliseconds since 1970, at which the server was last seen to have these files; undefined if never. */
  get knownAt(): number | undefined {
    return this.#deps.replica.ancestor.knownAt;
  }

  /** The entry of the server's file at `path`. */
  entry(path: string): Entry | undefined {
    return this.#deps.replica.ancestor.remote('known').get(path);
  }

  /** The files by folder, built anew in the background after a change. */
  folders(): Promise<RemoteFolders> {
    const { version } = this;
    const built = this.#built;
    if (built !== undefined && isSame(built.version, version)) return built.folders;
    const { ancestor, local } = this.#deps.replica;
    const isHere = (path: string): boolean => local.observations.has(path);
    const folders = runYielding(RemoteFolders.buildSteps(ancestor.remote('known'), isHere));
    this.#built = { version, folders };
    return folders;
  }

  /** Finds the files whose paths contain the characters of `text`. */
  find(text: string, limit: number): Promise<MatchingPaths> {
    return runYielding(matchingPathsSteps(this.#deps.replica.ancestor.remote('known').keys(), text, limit));
  }

  /** The files at and in `paths` that a pull would hold, because programs run or obey them, if they were not tracked by name. */
  async programFiles(paths: readonly string[]): Promise<HeldPath[]> {
    return runYielding(programFilesSteps(this.#deps.replica, await this.folders(), paths));
  }

  /** Tracks paths of the server here, so that the next pull brings them. Throws not_trackable. `revertBring` undoes it. */
  bring(request: BringRequest): Promise<FormerRules> {
    const { replica, lifetime, operate } = this.#deps;
    return operate(async () => bring(replica, await this.folders(), request, lifetime));
  }

  revertBring(former: FormerRules): Promise<void> {
    const { replica, lifetime, operate } = this.#deps;
    return operate(() => revertBring(replica, former, lifetime));
  }

  /** Compares the files on this disk at and in `paths` with the server's. */
  localCopies(reporter: Reporter, paths: readonly string[]): Promise<LocalCopies> {
    return this.#deps.run(reporter, (context) => localCopies(context, paths));
  }

  /** Stops syncing the paths on this machine, and deletes the requested copies, with a backup. Works without a server. */
  leaveOut(reporter: Reporter, request: LeaveOutRequest): Promise<LeaveOutResult> {
    return this.#deps.run(reporter, (context) => leaveOut(context, request));
  }
}

function isSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}
