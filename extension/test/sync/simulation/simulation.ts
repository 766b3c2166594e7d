import { isPalmtreeError, type ErrorCode } from '../../../src/errors';
import type { Choice } from '../../../src/sync/conflicts/resolve';
import type { Reporter } from '../../../src/sync/ports/serverBinding';
import { silent, type MachineOptions } from '../machine';
import type { DoomedClient } from './doomedClient';
import { formatFiles } from './files';
import { History } from './history';
import { Invariants, type CommandKind } from './invariants';
import { cancelAtStep, onStep, Participant } from './participant';
import { Random } from './random';
import { longText, trackedFile, trackedFolder } from './user';

/** Errors that a correct command may end with. */
const expectedErrors: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'stale_base',
  'deletion_guard',
  'cancelled',
  'nothing_to_undo',
  'not_in_revision',
]);
const choices: readonly Choice[] = ['mine', 'theirs', 'both'];
/** After this many rounds, in each of which everyone pulls, resolves and pushes, the machines count as never converging. */
const maxRounds = 12;

/** The means to kill both sides. */
export interface Kills {
  readonly client: DoomedClient;
  /** Kills the server by SIGKILL, and starts it again on the same port. */
  readonly restartServer: () => Promise<void>;
}

interface CommandResult {
  readonly text: string;
  readonly merged?: readonly string[];
}

/** Several users who change one tree at random, from a seed. */
export class Simulation {
  /** One line per step. */
  readonly log: string[] = [];
  /** The number of commands by their kind or error. */
  readonly tally = new Map<string, number>();
  readonly participants: readonly Participant[];
  readonly history: History;
  readonly invariants: Invariants;
  readonly #random: Random;
  readonly #kills: Kills | undefined;
  /** Paths to track again at the end. */
  readonly #untracked = new Set<string>([trackedFolder, trackedFile]);
  #step = 0;
  #isSettling = false;

  private constructor(
    random: Random,
    participants: readonly Participant[],
    history: History,
    kills: Kills | undefined,
  ) {
    this.#random = random;
    this.#kills = kills;
    this.participants = participants;
    this.history = history;
    this.invariants = new Invariants(history);
  }

  /** Opens the machines and gives all of them the same few files. With `kills`, clients and the server are also killed. */
  static async start(
    seed: number,
    names: readonly string[],
    { kills, ...options }: MachineOptions & { readonly tree: string; readonly kills?: Kills },
  ): Promise<Simulation> {
    const random = new Random(seed);
    const participants: Participant[] = [];
    for (const name of names) participants.push(await Participant.join(name, options, random));
    const [first] = participants;
    if (first === undefined) throw new RangeError('a simulation needs a participant');
    const { machine } = first;
    for (const name of ['a.md', 'b.md', 'x/c.txt']) {
      await machine.write(`${trackedFolder}/${name}`, longText(name));
    }
    await machine.write(trackedFile, longText(trackedFile));
    await machine.sync.track([trackedFolder, trackedFile]);
    await machine.push();
    for (const other of participants) await other.machine.pull();
    return new Simulation(random, participants, new History(machine.client, options.tree), kills);
  }

  async run(steps: number): Promise<void> {
    for (; this.#step < steps; this.#step++) {
      const one = this.#random.pick(this.participants);
      if (one === undefined) return;
      const act = this.#random.weighted<() => Promise<void>>([
        [54, async () => this.#note(one, (await one.user.act(this.#step)) ?? 'did nothing')],
        [15, () => this.#push(one)],
        [15, () => this.#pull(one)],
        [8, () => this.#resolve(one)],
        [1.5, () => this.#forcePush(one)],
        [2, () => this.#undoPush(one)],
        [2, () => this.#undoPull(one)],
        [2, () => this.#restore(one)],
        [1, () => this.#untrack(one)],
        [1.5, () => this.#track(one)],
        [1, () => this.#reopen(one)],
        [this.#kills === undefined ? 0 : 8, () => this.#killClient(one)],
        [this.#kills === undefined ? 0 : 8, () => this.#killServer(one)],
      ]);
      await act();
    }
  }

  /** Everyone tracks everything, then pulls, resolves and pushes until nothing changes. */
  async settle(): Promise<void> {
    this.#isSettling = true;
    for (const one of this.participants) await this.#track(one, [...this.#untracked]);
    for (let round = 0; round < maxRounds; round++) {
      this.#step++;
      const before = await this.#snapshot();
      for (const one of this.participants) {
        await this.#pull(one);
        // Resolving one conflict may resolve others.
        for (const path of one.conflicts) if (one.conflicts.includes(path)) await this.#resolvePaths(one, [path]);
        await this.#push(one);
      }
      if (before === (await this.#snapshot()) && this.participants.every(isSettled)) return;
    }
    const states = this.participants.map(({ name, machine }) => [name, [...machine.sync.pathStates]]);
    throw new Error(`the machines do not converge: ${JSON.stringify(states)}`);
  }

  async remove(): Promise<void> {
    for (const { machine } of this.participants) await machine.remove();
  }

  #push(one: Participant): Promise<void> {
    const confirmed = this.#isSettling || this.#random.chance(0.4);
    const only = this.#isSettling || this.#random.chance(0.9) ? undefined : this.#half(one.unsyncedPaths);
    const reporter = this.#reporter();
    const title = `push${only === undefined ? '' : ` only ${[...only].join()}`}`;
    return this.#command(one, 'push', title, async () => {
      const options = { confirmed, ...(only === undefined ? {} : { only }) };
      return describePush(await one.machine.sync.push(reporter, options));
    });
  }

  #forcePush(one: Participant): Promise<void> {
    return this.#command(one, 'push', 'force push', async () => {
      return describePush(await one.machine.sync.forcePush(silent, () => Promise.resolve(true)));
    });
  }

  #pull(one: Participant): Promise<void> {
    const confirmed = this.#isSettling || this.#random.chance(0.4);
    const autoMerge = this.#random.chance(0.75);
    const unsaved = this.#isSettling ? undefined : this.#random.pick(one.trackedPaths);
    const reporter = this.#reporter();
    const hasUnsavedEdits = (path: string): boolean => path === unsaved;
    const title = `pull${autoMerge ? ' and merge' : ''}${unsaved === undefined ? '' : `, ${unsaved} is unsaved`}`;
    return this.#command(one, autoMerge ? 'mergingPull' : 'pull', title, async () => {
      const pulled = await one.machine.sync.pull(reporter, { confirmed, autoMerge, hasUnsavedEdits });
      const { revision, written, deleted, merged, conflicts, skipped } = pulled;
      const counts = `r${revision}, ${written} written, ${deleted} deleted, merged: ${merged.join()}`;
      return { text: `${counts}, conflicts: ${conflicts.join()}${describeSkipped(skipped)}`, merged };
    });
  }

  async #resolve(one: Participant): Promise<void> {
    const { conflicts } = one;
    const picked = this.#random.chance(0.7) ? this.#random.pick(conflicts) : undefined;
    if (conflicts.length > 0) await this.#resolvePaths(one, picked === undefined ? conflicts : [picked]);
  }

  #resolvePaths(one: Participant, paths: readonly string[]): Promise<void> {
    const choice = this.#random.pick(choices) ?? 'mine';
    return this.#command(one, 'replace', `resolve ${paths.join()} for ${choice}`, async () => {
      const { resolved, skipped } = await one.machine.sync.resolve(silent, { paths, choice }, { allowMarkers: true });
      return { text: `resolved ${resolved.join()}${describeSkipped(skipped)}` };
    });
  }

  async #undoPush(one: Participant): Promise<void> {
    const revision = await this.#recentRevision();
    await this.#command(one, 'undoPush', `undo the push of r${revision}`, async () => {
      const undone = await one.machine.sync.undoPush(silent, revision);
      return { text: `r${undone.revision}, skipped: ${undone.changedSince.join()}` };
    });
  }

  #undoPull(one: Participant): Promise<void> {
    const reporter = this.#reporter();
    return this.#command(one, 'replace', 'undo the last pull', async () => {
      const undone = await one.machine.sync.undoPull(reporter);
      const { revision, restored, removed, changedSince, skipped } = undone;
      const lists = `restored: ${restored.join()}, removed: ${removed.join()}, changed since: ${changedSince.join()}`;
      return { text: `of r${revision}, ${lists}${describeSkipped(skipped)}` };
    });
  }

  async #restore(one: Participant): Promise<void> {
    const revision = await this.#recentRevision();
    const picked = this.#random.pick(one.trackedPaths) ?? trackedFile;
    const path = this.#random.chance(0.5) ? trackedFolder : picked;
    const reporter = this.#reporter();
    await this.#command(one, 'replace', `restore ${path} from r${revision}`, async () => {
      const { written, skipped } = await one.machine.sync.restore(reporter, { paths: [path], revision });
      return { text: `written: ${written.join()}${describeSkipped(skipped)}` };
    });
  }

  async #untrack(one: Participant): Promise<void> {
    const path = this.#random.pick(one.trackedPaths);
    if (path === undefined) return;
    await one.machine.sync.untrack([path]);
    this.#untracked.add(path);
    this.#note(one, `untrack ${path}`);
  }

  async #track(one: Participant, paths: readonly string[] = [trackedFolder, trackedFile]): Promise<void> {
    for (const path of paths) {
      try {
        await one.machine.sync.track([path]);
        this.#note(one, `track ${path}`);
      } catch (error) {
        // The path exists on neither side any more.
        if (!isPalmtreeError(error, 'not_trackable')) throw error;
      }
    }
  }

  async #reopen(one: Participant): Promise<void> {
    await one.reopen();
    this.#note(one, 'close the window and open it again');
  }

  /** The client dies in the middle of a command. The state that it leaves must be as good as after a command that failed. */
  async #killClient(one: Participant): Promise<void> {
    const [name, dieAt] = [this.#random.chance(0.5) ? 'push' : 'pull', this.#random.below(24)] as const;
    this.#note(one, `${name}, killed at step ${dieAt}`);
    await this.invariants.check(one, name, async () => {
      const end = await one.runDoomed((command) => this.#kills?.client.run({ ...command, name, dieAt }));
      this.#note(one, `  ${end}`);
      this.#count(`client ${end}`);
      return { isDone: false, merged: [] };
    });
    await this.#afterKill(one, name);
  }

  /** The server dies while a command runs, and starts again at once. */
  async #killServer(one: Participant): Promise<void> {
    const name = this.#random.chance(0.5) ? 'push' : 'pull';
    const dieAt = this.#random.below(5);
    this.#note(one, `${name}, the server is killed at step ${dieAt}`);
    let killed: Promise<void> | undefined;
    const reporter = onStep(dieAt, () => {
      killed = this.#kills?.restartServer();
    });
    await this.invariants.check(one, name, async () => {
      const command = one.machine.sync[name](reporter, { confirmed: true });
      const error: unknown = await command.then(
        () => undefined,
        (failure: unknown) => failure,
      );
      await killed;
      if (error !== undefined && !isPalmtreeError(error)) throw error;
      this.#note(one, `  ${error === undefined ? 'done' : error.code}`);
      this.#count(`server killed: ${error === undefined ? 'done' : error.code}`);
      return { isDone: error === undefined, merged: [] };
    });
    await this.#afterKill(one, name);
  }

  /** After a kill at any point, the same command succeeds. */
  #afterKill(one: Participant, name: 'push' | 'pull'): Promise<void> {
    return this.#command(one, name, `${name} again`, async () => {
      await one.machine.sync[name](silent, { confirmed: true });
      return { text: 'done' };
    });
  }

  async #command(one: Participant, kind: CommandKind, title: string, run: () => Promise<CommandResult>): Promise<void> {
    this.#note(one, title);
    await this.invariants.check(one, kind, async () => {
      try {
        const { text, merged = [] } = await run();
        this.#note(one, `  ${text}`);
        this.#count(merged.length > 0 ? 'merged' : kind);
        return { isDone: true, merged };
      } catch (error) {
        if (!isPalmtreeError(error) || !expectedErrors.has(error.code) || this.#isSettling) throw error;
        this.#note(one, `  ${error.code}`);
        this.#count(error.code);
        return { isDone: false, merged: [] };
      }
    });
  }

  /** A user sometimes cancels a command. */
  #reporter(): Reporter {
    return !this.#isSettling && this.#random.chance(0.08) ? cancelAtStep(1 + this.#random.below(4)) : silent;
  }

  #half(paths: readonly string[]): ReadonlySet<string> {
    return new Set(paths.filter(() => this.#random.chance(0.5)));
  }

  async #recentRevision(): Promise<number> {
    const { revision } = await this.history.head();
    return Math.max(1, revision - this.#random.below(8));
  }

  async #snapshot(): Promise<string> {
    const disks = await Promise.all(this.participants.map(async (one) => formatFiles(await one.filesOnDisk())));
    return JSON.stringify([(await this.history.head()).revision, disks]);
  }

  #count(outcome: string): void {
    this.tally.set(outcome, (this.tally.get(outcome) ?? 0) + 1);
  }

  #note({ name }: Participant, text: string): void {
    this.log.push(`${this.#step} ${name}: ${text}`);
  }
}

function describePush({ revision, put, deleted }: { revision: number; put: number; deleted: number }): CommandResult {
  return { text: `r${revision}, ${put} put, ${deleted} deleted` };
}

function describeSkipped(skipped: readonly { readonly path: string; readonly reason: string }[]): string {
  return skipped.length === 0 ? '' : `, skipped: ${skipped.map(({ path, reason }) => `${path} ${reason}`).join()}`;
}

function isSettled({ machine }: Participant): boolean {
  return machine.sync.pathStates.size === 0;
}
