import { join } from 'node:path';
import type { ErrorCode } from '../../../src/errors';
import { realFs } from '../disk/realFs';
import { newMemoryFolder } from '../memoryFolder';
import { runCommand, type CommandResult } from './commands';
import type { Files } from './files';
import { ModelMachine, trackedFolder, type Outcome } from './modelMachine';
import { ModelServer } from './modelServer';
import { hashTarget, Oracle } from './oracle';
import { Revisions } from './revisions';
import type { Command, Edit, Faults, Step } from './steps';
import { doEdit } from './user';

const machineNames = ['desk', 'laptop', 'tablet'];
/** Rounds in which everyone pulls, decides and pushes; with more, the machines count as never converging. */
const maxRounds = 10;
/** Errors that a command without a fault may end with. */
const expectedErrors: ReadonlySet<ErrorCode | 'system'> = new Set<ErrorCode>([
  ...(['stale_base', 'nothing_to_undo', 'not_in_revision', 'revision_not_found', 'nothing_picked'] as const),
]);
const settlingCommand: Omit<Command, 'who' | 'name'> = {
  kind: 'command',
  autoMerge: true,
  choice: 'mine',
  age: 0,
  path: trackedFolder,
  faults: {},
  isRepeated: false,
};

/** Several machines and a server, whole except for VS Code, rsync, the network and the disk. */
export class ModelSystem {
  /** One line for each step: the same in each run of a sequence. */
  readonly log: string[] = [];
  readonly machines: readonly ModelMachine[];
  readonly server: ModelServer;
  /** The number of commands, by their name and outcome. */
  readonly outcomes = new Map<string, number>();
  steps = 0;
  readonly #folder: string;
  readonly #revisions: Revisions;
  readonly #oracle: Oracle;
  readonly #conflicts = new Map<ModelMachine, readonly string[]>();

  private constructor(folder: string, server: ModelServer, machines: readonly ModelMachine[]) {
    this.#folder = folder;
    this.server = server;
    this.machines = machines;
    this.#revisions = new Revisions(server);
    this.#oracle = new Oracle(this.#revisions);
  }

  static async start(count: number, template: string, stubFetch: (fetch: ModelServer['fetch']) => void) {
    const folder = newMemoryFolder();
    const server = await ModelServer.start(join(folder, 'server'), template);
    stubFetch(server.fetch);
    const machines = machineNames.slice(0, count).map((name) => new ModelMachine(name, join(folder, name), server));
    for (const machine of machines) await machine.start();
    return new ModelSystem(folder, server, machines);
  }

  async run(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      this.steps++;
      if (step.kind === 'edit') this.#edit(step);
      else if (step.kind === 'race') await this.#race();
      else if (step.kind === 'expiry') await this.server.expireSessions();
      else await this.#commandWithFaults(step);
    }
  }

  /** Everyone pulls, decides and pushes until nothing changes. Throws unless all sides are equal then, and nothing is left. */
  async settle(): Promise<void> {
    for (let round = 0; ; round++) {
      if (round === maxRounds) throw new Error('the machines do not converge');
      if (!(await this.#settleOnce())) break;
    }
    const head = [...this.#revisions.headTable].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const machine of this.machines) {
      const files = [...machine.files()].filter(([path]) => !path.includes('\\'));
      const table = files
        .map(([path, text]) => [path, hashTarget(text)])
        .sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
      if (JSON.stringify(table) !== JSON.stringify(head)) {
        throw new Error(`${machine.name} has ${JSON.stringify(table)}, and the server has ${JSON.stringify(head)}`);
      }
      if (machine.staged().length > 0) throw new Error(`${machine.name} still stages ${machine.staged().join()}`);
    }
    await this.#revisions.checkUnchanged();
    await this.server.expireSessions();
    await this.#revisions.checkNothingLeft();
  }

  async stop(): Promise<void> {
    await this.server.stop();
    for (const machine of this.machines) machine.close();
    realFs.rmSync(this.#folder, { recursive: true });
  }

  /** Whether anything changed. */
  async #settleOnce(): Promise<boolean> {
    let hasChanged = false;
    for (const [who, machine] of this.machines.entries()) {
      hasChanged = (await this.#settleCommand({ ...settlingCommand, who, name: 'pull' })) || hasChanged;
      if ((this.#conflicts.get(machine) ?? []).length > 0) {
        const choice = (['mine', 'theirs', 'both'] as const)[this.steps % 3] ?? 'mine';
        hasChanged = (await this.#settleCommand({ ...settlingCommand, who, name: 'resolve', choice })) || hasChanged;
      }
      hasChanged = (await this.#settleCommand({ ...settlingCommand, who, name: 'push' })) || hasChanged;
    }
    return hasChanged;
  }

  async #settleCommand(command: Command): Promise<boolean> {
    this.steps++;
    const outcome = await this.#command(command, {});
    if (outcome.kind !== 'done') throw new Error(`${command.name} fails while the machines settle`);
    return outcome.result.hasChanged;
  }

  #machine(who: number): ModelMachine {
    const machine = this.machines[who % this.machines.length];
    if (machine === undefined) throw new RangeError('there is no machine');
    return machine;
  }

  #edit(edit: Edit): void {
    const machine = this.#machine(edit.who);
    const before = machine.files();
    const done = doEdit(machine.root, edit, `${machine.name} ${this.steps}`);
    this.#oracle.edited(machine, before, machine.files());
    this.log.push(`${machine.name}: ${done ?? 'nothing'}`);
  }

  /** After a fault, the same command without one succeeds, if the user repeats it. */
  async #commandWithFaults(command: Command): Promise<void> {
    const outcome = await this.#command(command, command.faults);
    const isFaulty = Object.keys(command.faults).length > 0;
    if (isFaulty && outcome.kind !== 'done' && command.isRepeated) await this.#command(command, {});
  }

  async #command(command: Command, faults: Faults): Promise<Outcome<CommandResult>> {
    const machine = this.#machine(command.who);
    await this.#readRevisions(this.machines);
    const before = machine.files();
    const known = new Set(this.#revisions.hashes);
    const facts = { head: this.#revisions.head, conflicts: this.#conflicts.get(machine) ?? [] };
    this.server.begin(faults.server, faults.network);
    const options = { disk: faults.client, cancelAt: faults.cancelAt };
    const outcome = await machine.run((context) => runCommand(context, command, facts), options);
    await this.server.restartAfterCrash();
    this.server.begin(undefined, undefined);
    this.#note(machine, command, outcome);
    await this.#check(machine, command, { outcome, before, known });
    if (Object.keys(faults).length === 0) this.#requireExpected(command, outcome);
    this.server.running.errors.length = 0;
    return outcome;
  }

  async #check(
    machine: ModelMachine,
    { name, autoMerge }: Command,
    { outcome, before, known }: { outcome: Outcome<CommandResult>; before: Files; known: ReadonlySet<string> },
  ): Promise<void> {
    const after = machine.files();
    const result = outcome.kind === 'done' ? outcome.result : undefined;
    if (name === 'pull') {
      const merged = result === undefined && autoMerge ? undefined : new Set(result?.merged ?? []);
      this.#oracle.checkPull(machine, before, after, { known, merged });
      if (result !== undefined) this.#conflicts.set(machine, result.conflicts ?? []);
    } else if (name === 'resolve' || name === 'restore' || name === 'undoPull') {
      this.#oracle.decided(machine, before, after);
      if (name === 'resolve') this.#conflicts.delete(machine);
    } else {
      this.#oracle.checkDiskUnchanged(machine, before, after);
    }
    if (name === 'undoPush' || name === 'forcePush') this.#oracle.decided(machine, before, after);
    const revisions = await this.#revisions.readNew();
    const isDecision = name === 'undoPush' || name === 'forcePush';
    for (const one of revisions) {
      this.#oracle.checkRevision([machine], { ...one, isForced: one.isForced || isDecision });
    }
    this.#oracle.checkNothingLost(machine, before, after);
  }

  async #readRevisions(machines: readonly ModelMachine[]): Promise<void> {
    for (const revision of await this.#revisions.readNew()) this.#oracle.checkRevision(machines, revision);
  }

  /** One of two pushes with one base makes the next revision; the other may follow only if it already had its changes. */
  async #race(): Promise<void> {
    const [one, other] = this.machines;
    if (one === undefined || other === undefined) return;
    await this.#readRevisions(this.machines);
    const head = this.#revisions.head;
    const push: Command = { ...settlingCommand, who: 0, name: 'push' };
    const facts = { head, conflicts: [] };
    const outcomes = await Promise.all(
      [one, other].map((machine) => machine.run((context) => runCommand(context, push, facts))),
    );
    for (const [index, outcome] of outcomes.entries()) {
      this.#note(this.#machine(index), push, outcome);
      this.#requireExpected(push, outcome);
    }
    const revisions = await this.#revisions.readNew();
    const numbers = revisions.map(({ number }) => number);
    if (numbers.some((number, index) => number !== head + 1 + index)) throw new Error(`revisions ${numbers.join()}`);
    for (const revision of revisions) this.#oracle.checkRevision([one, other], revision);
    const done = outcomes.filter((outcome) => outcome.kind === 'done' && outcome.result.hasChanged);
    if (done.length > revisions.length) throw new Error('two pushes were acknowledged, and one made a revision');
  }

  #note(machine: ModelMachine, { name }: Command, outcome: Outcome<CommandResult>): void {
    const text = outcome.kind === 'done' ? outcome.result.text : outcome.kind === 'error' ? outcome.code : outcome.kind;
    this.log.push(`${machine.name}: ${name}: ${text}`);
    const ending = `${name} ${outcome.kind === 'error' ? outcome.code : outcome.kind}`;
    this.outcomes.set(ending, (this.outcomes.get(ending) ?? 0) + 1);
  }

  #requireExpected({ name }: Command, outcome: Outcome<CommandResult>): void {
    const { errors } = this.server.running;
    if (errors.length > 0) throw new Error(`the server failed: ${errors.join()}`);
    if (outcome.kind === 'crashed') throw new Error(`${name} crashed without a fault`);
    if (outcome.kind === 'error' && !expectedErrors.has(outcome.code)) throw new Error(`${name}: ${outcome.code}`);
  }
}
