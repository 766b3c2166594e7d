import type { Logger } from 'pino';
import { WireError, pathsError } from '../../errors';
import type { ObjectStore } from '../../objects/objectStore';
import type { Run } from '../../rsync/run';
import type { PushRecord } from '../../sessions/session';
import { removeFolder } from '../../sessions/removeFolder';
import type { RunObserver } from '../../sessions/rsyncRuns';
import type { SessionActivity } from '../../sessions/sessionActivity';
import type { SessionStore } from '../../sessions/sessionStore';
import type { DiskSpace } from '../../space/diskSpace';
import { DeclaredInbox } from './declaredInbox';
import { measureInbox, type InboxState } from './measureInbox';
import { recordRoom } from '../recordRoom';
import { declaredFiles, planOfRecord, type DeclaredFile, type UploadPlan } from '../uploadPlan';

export interface InboxLimits {
  /** The interval between checks, in milliseconds. */
  readonly checkMs: number;
  /** Bytes beyond the declared sizes that a push may bring: a log grows while it is sent. */
  readonly excessBytes: number;
}

export const defaultInboxLimits: InboxLimits = { checkMs: 50, excessBytes: 1 << 20 };

/**
 * A client that pushes many files names whole folders, in which a file may appear meanwhile. For this many declared files,
 * one may be undeclared.
 */
const declaredPerUndeclared = 100;
const maxNamedPaths = 100;
/**
 * rsync's protocol takes no more than this beside the content: a part of it, and bytes for each file. The bytes in all are
 * more than the sockets and pipes can buffer, so that the inbox usually shows which file is too large.
 */
const protocolShare = 0.02;
const protocolBytesPerFile = 1 << 10;
const protocolBytes = 8 << 20;
/** The pause after a measure is at least this many times as long as it; only as long, if the disk fills faster than promised. */
const pausePerMeasure = 20;
/** After its last run, a push is measured again if it declared no more files than this, or if it is suspicious. */
const maxLastFiles = 5000;
const blockBytes = 4096;

interface Guarded {
  readonly declared: DeclaredInbox;
  /** The room for everything but the files. */
  readonly recordBytes: number;
  readonly runs: Set<Run>;
  hasFailed: boolean;
  freeBytes: number;
  measuredAt: number;
  costMs: number;
}

export interface InboxGuardDeps {
  readonly sessions: SessionStore;
  readonly activity: SessionActivity;
  readonly objects: ObjectStore;
  readonly space: DiskSpace;
  readonly log: Logger;
}

/** The room on the disk that the files of a push need, in bytes. */
export function roomFor(files: readonly DeclaredFile[]): number {
  return files.reduce((sum, { size }) => sum + Math.ceil(size / blockBytes) * blockBytes, 0);
}

/**
 * Ends the transfers of a push that brings more than it declared, and removes the excess. Ends all pushes when the disk has
 * no room left.
 */
export class InboxGuard implements RunObserver {
  readonly #deps: InboxGuardDeps;
  readonly #limits: InboxLimits;
  readonly #guarded = new Map<string, Guarded>();
  readonly #faults = new Map<string, WireError>();
  #timer: NodeJS.Timeout | undefined;
  #isChecking = false;
  /** The number of pushes whose excess is being removed. */
  #removals = 0;

  constructor(deps: InboxGuardDeps, limits: InboxLimits = defaultInboxLimits) {
    this.#deps = deps;
    this.#limits = limits;
  }

  /**
   * Promises room for a new push: for its files, of which `missingBytes` have not arrived, for their folders and for
   * everything else, `recordBytes`. Throws storage_full.
   */
  async begin(
    id: string,
    plan: UploadPlan,
    { missingBytes, recordBytes }: { readonly missingBytes: number; readonly recordBytes: number },
  ): Promise<void> {
    const guarded = await this.#guard(id, plan, recordBytes);
    const folderBytes = guarded.declared.folderCount * blockBytes;
    await this.#promise(id, guarded, Math.max(0, missingBytes) + folderBytes);
    this.#guarded.set(id, guarded);
  }

  /** Throws storage_full if there is no room for the rows of the push, which may have been idle. */
  async admitCommit(id: string, push: PushRecord): Promise<void> {
    const { space } = this.#deps;
    if (!space.isPromised(id)) return space.promise(id, await recordRoom(push), 'kept');
    if ((await space.state()).isScarce) throw diskFull();
  }

  /** Promises room again, if the push was idle or the server was restarted. Throws storage_full. */
  async admit(id: string): Promise<void> {
    const { sessions, space } = this.#deps;
    const created = this.#guarded.has(id) ? undefined : await this.#guardAgain(id, await sessions.pushRecord(id));
    // Another connection of the session may have been admitted meanwhile.
    const guarded = this.#guarded.get(id) ?? created;
    if (guarded === undefined) return;
    this.#guarded.set(id, guarded);
    if (space.isPromised(id)) return;
    const { arrivedBytes } = await this.#measure(id, guarded);
    await this.#promise(id, guarded, Math.max(0, guarded.declared.bytes - arrivedBytes));
  }

  /** The reason why the push's transfers were ended; undefined if they were not. */
  faultOf(id: string): WireError | undefined {
    return this.#faults.get(id);
  }

  /** The size in bytes that the push, which was admitted, declared for a file; undefined for any other path. */
  declaredSize(id: string, path: string): number | undefined {
    const end = path.lastIndexOf('/');
    const role = this.#guarded.get(id)?.declared.roleOf(path.slice(0, Math.max(0, end)), path.slice(end + 1), false);
    return role?.kind === 'file' ? role.file.size : undefined;
  }

  onRunStarted(id: string, run: Run): void {
    const guarded = this.#guarded.get(id);
    if (guarded === undefined) return;
    if (guarded.runs.size === 0) this.#faults.delete(id);
    guarded.runs.add(run);
    this.#timer ??= setInterval(() => void this.#check(), this.#limits.checkMs);
    void run.ended.then(() => this.#onRunEnded(id, guarded, run));
  }

  /** Takes back the promises to pushes without a run. Their next run asks for room again. */
  releaseIdle(): void {
    for (const [id, { runs }] of this.#guarded) if (runs.size === 0) this.#deps.space.release(id);
  }

  /** To be called when the session has ended. */
  forget(id: string): void {
    this.#deps.space.release(id);
    this.#guarded.delete(id);
    this.#faults.delete(id);
  }

  /** A push that brings no file may use some of the room that is kept, so that a full disk takes deletions. */
  #promise(id: string, { declared, recordBytes }: Guarded, missingBytes: number): Promise<void> {
    return this.#deps.space.promise(id, missingBytes + recordBytes, declared.count === 0 ? 'kept' : 'free');
  }

  async #guardAgain(id: string, push: PushRecord): Promise<Guarded> {
    return this.#guard(id, planOfRecord(push), await recordRoom(push));
  }

  async #guard(id: string, plan: UploadPlan, recordBytes: number): Promise<Guarded> {
    const declared = await DeclaredInbox.of(declaredFiles(id, plan));
    return { declared, recordBytes, runs: new Set(), hasFailed: false, freeBytes: Infinity, measuredAt: 0, costMs: 0 };
  }

  #onRunEnded(id: string, guarded: Guarded, run: Run): void {
    guarded.runs.delete(run);
    guarded.hasFailed ||= !run.succeeded;
    if ([...this.#guarded.values()].every(({ runs }) => runs.size === 0)) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    if (guarded.runs.size > 0) return;
    void this.#onLastRunEnded(id, guarded);
  }

  async #onLastRunEnded(id: string, guarded: Guarded): Promise<void> {
    const { log, space } = this.#deps;
    try {
      if (!guarded.hasFailed) {
        const { freeBytes } = await space.state();
        if (guarded.declared.count > maxLastFiles && !this.#isSuspicious(id, guarded, freeBytes)) return;
        const fault = this.#faultIn(await this.#measure(id, guarded), guarded.declared);
        if (fault === undefined) return;
        this.#cut(id, guarded, fault);
      }
      guarded.hasFailed = false;
      await this.#removeExcess(id, guarded);
    } catch (error) {
      log.error({ session: id, err: error }, 'removing the excess of a push failed');
    }
  }

  async #check(): Promise<void> {
    if (this.#isChecking) return;
    this.#isChecking = true;
    try {
      const { freeBytes, isScarce } = await this.#deps.space.state();
      const active = [...this.#guarded].filter(([, { runs }]) => runs.size > 0);
      for (const [id, guarded] of active) await this.#checkPush(id, guarded, { freeBytes, isScarce });
      // Ending a push that brings too much may be enough.
      const isEnding = this.#removals > 0 || active.some(([id]) => this.#faults.has(id));
      if (isScarce && !isEnding) this.#stopAll(active);
    } catch (error) {
      this.#deps.log.error({ err: error }, 'checking what arrives failed');
    } finally {
      this.#isChecking = false;
    }
  }

  async #checkPush(
    id: string,
    guarded: Guarded,
    { freeBytes, isScarce }: { freeBytes: number; isScarce: boolean },
  ): Promise<void> {
    const { declared, runs } = guarded;
    const maxReceived = declared.bytes * (1 + protocolShare) + declared.count * protocolBytesPerFile + protocolBytes;
    const received = Math.max(...[...runs].map((run) => run.received));
    if (received <= maxReceived && !isScarce && !this.#isDue(id, guarded, freeBytes)) return;
    guarded.freeBytes = freeBytes;
    const state = await this.#measure(id, guarded);
    this.#deps.space.update(id, Math.max(0, declared.bytes - state.arrivedBytes) + guarded.recordBytes);
    const fault = this.#faultIn(state, declared, received / maxReceived);
    if (fault !== undefined) this.#cut(id, guarded, fault);
  }

  #isDue(id: string, guarded: Guarded, freeBytes: number): boolean {
    const pauseMs = performance.now() - guarded.measuredAt;
    if (pauseMs > Math.max(this.#limits.checkMs, pausePerMeasure * guarded.costMs)) return true;
    return pauseMs > guarded.costMs && this.#isSuspicious(id, guarded, freeBytes);
  }

  /** Whether the disk has lost more room since the last measure than the push was promised. */
  #isSuspicious(id: string, guarded: Guarded, freeBytes: number): boolean {
    return guarded.freeBytes - freeBytes > this.#deps.space.promisedBytes(id) + this.#limits.excessBytes;
  }

  /** `receivedShare` are the bytes that one run has received, as a fraction of the most that the whole push may take. */
  #faultIn(state: InboxState, declared: DeclaredInbox, receivedShare = 0): WireError | undefined {
    if (state.undeclared.length > declared.count / declaredPerUndeclared) {
      return pathsError('content_mismatch', state.undeclared.slice(0, maxNamedPaths), 'was not declared');
    }
    if (receivedShare <= 1 && state.excessBytes <= this.#limits.excessBytes) return undefined;
    if (state.excessBytes === 0) {
      // A file that was renamed during the measure is found by the next one.
      if (receivedShare <= 2) return undefined;
      return new WireError('invalid_request', `the push declared ${declared.bytes} bytes, and sent more`);
    }
    const paths = state.grown.length > 0 ? state.grown : state.undeclared;
    return pathsError('content_mismatch', paths.slice(0, maxNamedPaths), 'is larger than declared');
  }

  #cut(id: string, { runs }: Guarded, fault: WireError): void {
    this.#faults.set(id, fault);
    for (const run of runs) run.stop(fault.message, 'refused');
  }

  #stopAll(active: readonly (readonly [string, Guarded])[]): void {
    for (const [id, guarded] of active) this.#cut(id, guarded, diskFull());
  }

  async #measure(id: string, guarded: Guarded): Promise<InboxState> {
    const { sessions, objects } = this.#deps;
    const started = performance.now();
    const maxUndeclared = guarded.declared.count / declaredPerUndeclared;
    const { declared } = guarded;
    const state = await measureInbox(sessions.filesFolderOf(id), { declared, objects, maxUndeclared });
    guarded.measuredAt = performance.now();
    guarded.costMs = guarded.measuredAt - started;
    return state;
  }

  /** After a failed transfer, a name that was not declared and a file that rsync did not complete are of no use. */
  async #removeExcess(id: string, guarded: Guarded): Promise<void> {
    if (!this.#guarded.has(id)) return;
    this.#removals++;
    try {
      // A commit, or the end of the session, may already be at work.
      await this.#deps.activity.tidy(id, () => this.#clean(id, guarded));
    } finally {
      this.#removals--;
    }
  }

  async #clean(id: string, guarded: Guarded): Promise<void> {
    const { sessions, objects, space } = this.#deps;
    const inbox = sessions.filesFolderOf(id);
    const { declared } = guarded;
    const state = await measureInbox(inbox, { declared, objects, maxUndeclared: Infinity });
    for (const path of [...state.undeclared, ...state.temporary, ...state.grown])
      await removeFolder(`${inbox}/${path}`);
    space.update(id, Math.max(0, declared.bytes - state.arrivedBytes) + guarded.recordBytes);
  }
}

function diskFull(): WireError {
  return new WireError('storage_full', 'the server has no space left');
}
