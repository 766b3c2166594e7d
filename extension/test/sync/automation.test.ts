import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PalmtreeError } from '../../src/errors';
import { Automation, type AutomationSettings, type PauseReason } from '../../src/sync/automation/automation';
import { EventLog } from '../support/eventLog';
import { ManualTimers } from '../support/manualTimers';
import { expectSame, silent, until, type Machine } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();
const saveDelay = 2_000;
const gitPause = 1_000;
let automations: Automated[] = [];

beforeEach(() => void (automations = []));
afterEach(() => automations.forEach(({ automation }) => automation.dispose()));

/** A machine with automation, and the events that it reports. */
class Automated {
  readonly timers = new ManualTimers();
  readonly pauses = new EventLog<PauseReason>();
  readonly done = new EventLog<'push' | 'pull'>();
  readonly unsaved = new Set<string>();
  readonly merged: string[] = [];
  autoMerge = true;
  git: string | undefined;
  /** The folders that were checked for git's activity. */
  gitFolders: ReadonlySet<string> = new Set();
  settings: AutomationSettings;
  readonly automation: Automation;
  readonly machine: Machine;

  constructor(machine: Machine, settings: Partial<AutomationSettings>) {
    this.machine = machine;
    this.settings = { pushOn: 'manual', pullOn: 'manual', ...settings };
    this.automation = new Automation({
      sync: machine.sync,
      settings: () => this.settings,
      gitActivity: (folders) => {
        this.gitFolders = new Set(folders);
        return Promise.resolve(this.git);
      },
      pullOptions: () => ({ autoMerge: this.autoMerge, hasUnsavedEdits: (path) => this.unsaved.has(path) }),
      onPaused: this.pauses.record,
      onPushed: () => this.done.record('push'),
      onPulled: ({ merged }) => {
        this.merged.push(...merged);
        this.done.record('pull');
      },
      onDefect: (error) => {
        throw error;
      },
      wait: this.timers.wait,
    });
    automations.push(this);
  }

  async save(path: string, content: string): Promise<void> {
    await this.machine.write(path, content);
    this.automation.saved([path]);
  }
}

const both: AutomationSettings = { pushOn: 'save', pullOn: 'change' };
const initial = Object.fromEntries(Array.from({ length: 12 }, (_, n) => [`n/${n}.md`, `${n}`]));

/** Pushes a file of several lines from the desk, which the laptop's automation pulls. */
async function syncLines(desk: Machine, laptop: Automated): Promise<void> {
  await desk.write('n/0.md', 'one\ntwo\nthree\nfour\nfive\n');
  await desk.push();
  expect(await laptop.done.next()).toBe('pull');
}

async function head({ client }: Machine): Promise<number> {
  return (await client.head(fixture.tree))?.number ?? 0;
}

describe('the pause of the user', () => {
  it('stops pushes and pulls until it ends, even in a new process, and then both catch up', async () => {
    const [desk, machine] = await fixture.syncedMachines(initial);
    let laptop = new Automated(machine, { pushOn: 'change', pullOn: 'change' });
    await machine.sync.pause.set(true);
    await laptop.machine.write('n/1.md', 'by laptop');
    await machine.sync.rescan(silent);
    await desk.write('n/0.md', 'by desk');
    await desk.push();
    await until(machine, ({ counts }) => counts.incoming === 1 && counts.outgoing === 1);
    laptop.automation.dispose();
    await machine.close();
    const { root, storage } = machine;
    const reopened = await fixture.machine({ root, storage });
    expect(reopened.sync.state.isAutomationPaused).toBe(true);
    laptop = new Automated(reopened, { pushOn: 'change', pullOn: 'change' });
    await reopened.sync.rescan(silent);
    expect(await head(desk)).toBe(2);
    expect(await reopened.read('n/0.md')).toBe('0');

    await reopened.sync.pause.set(false);
    expect(await laptop.done.next()).toBe('pull');
    await laptop.timers.fire(saveDelay);
    expect(await laptop.done.next()).toBe('push');
    expect(await reopened.read('n/0.md')).toBe('by desk');
    expect(await head(desk)).toBe(3);
  });

  it('does not stop what the user starts', async () => {
    const [desk, machine] = await fixture.syncedMachines(initial);
    await machine.sync.pause.set(true);
    await machine.write('n/1.md', 'by laptop');
    await machine.push();
    await desk.pull();
    expect(await desk.read('n/1.md')).toBe('by laptop');
  });
});

describe('a pull that the user has undone', () => {
  /** The laptop's automation has pulled an edit and a new file of the desk, and the user has undone that. */
  async function undone(): Promise<[Machine, Automated]> {
    const [desk, machine] = await fixture.syncedMachines(initial);
    const laptop = new Automated(machine, { pullOn: 'change' });
    await desk.write('n/0.md', 'by desk');
    await desk.write('n/new.md', 'by desk');
    await desk.push();
    expect(await laptop.done.next()).toBe('pull');
    await machine.sync.undoPull(silent);
    return [desk, laptop];
  }

  it('is not pulled again by automation, neither at once nor with what is pushed later', async () => {
    const [desk, laptop] = await undone();
    const { machine } = laptop;
    await machine.sync.rescan(silent);
    expect(machine.sync.state.counts).toMatchObject({ incoming: 2, outgoing: 0 });
    await desk.write('n/1.md', 'later');
    await desk.push();
    expect(await laptop.done.next()).toBe('pull');
    expect([await machine.read('n/0.md'), await machine.read('n/1.md')]).toEqual(['0', 'later']);
    expect(machine.sync.state).toMatchObject({ revision: 3, counts: { incoming: 2, outgoing: 0, conflicts: 0 } });
    expect(laptop.pauses.unread).toEqual([]);
  });

  it('is pulled by automation at paths of which the server has a newer version', async () => {
    const [desk, laptop] = await undone();
    await desk.write('n/0.md', 'newer');
    await desk.push();
    expect(await laptop.done.next()).toBe('pull');
    expect(await laptop.machine.read('n/0.md')).toBe('newer');
    expect([...laptop.machine.sync.pathStates]).toEqual([['n/new.md', 'incoming']]);
  });

  it('is not pulled by the automation of a new window', async () => {
    const [desk, laptop] = await undone();
    laptop.automation.dispose();
    const { root, storage } = laptop.machine;
    await laptop.machine.close();
    const opened = new Automated(await fixture.machine({ root, storage }), { pullOn: 'change' });
    await opened.machine.sync.rescan(silent);
    await desk.write('n/1.md', 'later');
    await desk.push();
    expect(await opened.done.next()).toBe('pull');
    expect(await opened.machine.read('n/0.md')).toBe('0');
  });

  it('is pulled by the user, and by automation after that', async () => {
    const [desk, laptop] = await undone();
    const { machine } = laptop;
    await machine.pull();
    expectSame(await machine.listing(), await desk.listing());
    await desk.write('n/0.md', '0');
    await desk.push();
    expect(await laptop.done.next()).toBe('pull');
    await desk.write('n/0.md', 'by desk');
    await desk.push();
    expect(await laptop.done.next()).toBe('pull');
    expect(await machine.read('n/0.md')).toBe('by desk');
  });
});

describe('a push after a change', () => {
  it('sends what other programs have changed since the folder was opened, each time', async () => {
    const [machine] = await fixture.syncedMachines(initial);
    await machine.write('n/9.md', 'earlier');
    await machine.sync.rescan(silent);
    const desk = new Automated(machine, { pushOn: 'change' });
    await machine.write('n/0.md', 'by a program');
    await machine.delete('n/1.md');
    await machine.sync.rescan(silent);
    await desk.timers.fire(saveDelay);
    expect(await desk.done.next()).toBe('push');
    await machine.write('n/0.md', 'by a program again');
    await machine.sync.rescan(silent);
    await desk.timers.fire(saveDelay);
    expect(await desk.done.next()).toBe('push');
    const paths = async (revision: number) =>
      (await machine.client.revision(fixture.tree, revision)).changes.map(({ path }) => path).sort();
    expect([await paths(2), await paths(3)]).toEqual([['n/0.md', 'n/1.md'], ['n/0.md']]);
    expect([...machine.sync.pathStates]).toEqual([['n/9.md', 'modified']]);
  });

  it('does not send what a pull has merged until somebody changes that', async () => {
    const [machine, other] = await fixture.syncedMachines({ ...initial, 'n/lines.md': 'one\ntwo\nthree\n' });
    const desk = new Automated(machine, { pushOn: 'change' });
    await other.write('n/lines.md', 'ONE\ntwo\nthree\n');
    await other.push();
    await until(machine, ({ counts }) => counts.incoming === 1);
    await machine.write('n/lines.md', 'one\ntwo\nTHREE\n');
    const { merged } = await machine.sync.pull(silent, { autoMerge: true });
    expect(merged).toEqual(['n/lines.md']);
    await machine.sync.rescan(silent);
    expect([desk.timers.running, machine.sync.state.counts.outgoing]).toEqual([0, 1]);
    await machine.write('n/lines.md', 'ONE\ntwo\nTHREE\nfour\n');
    await machine.sync.rescan(silent);
    await desk.timers.fire(saveDelay);
    expect(await desk.done.next()).toBe('push');
    expect(machine.sync.state.counts.outgoing).toBe(0);
  });

  it('does not send what another window or the command line has merged', async () => {
    const [machine, other] = await fixture.syncedMachines({ ...initial, 'n/lines.md': 'one\ntwo\nthree\n' });
    const desk = new Automated(machine, { pushOn: 'change' });
    await other.write('n/lines.md', 'ONE\ntwo\nthree\n');
    await other.push();
    await until(machine, ({ counts }) => counts.incoming === 1);
    await machine.write('n/lines.md', 'one\ntwo\nTHREE\n');
    const { root, storage } = machine;
    const window = await fixture.machine({ root, storage });
    expect(await window.sync.pull(silent, { autoMerge: true })).toMatchObject({ merged: ['n/lines.md'] });
    await machine.sync.rescan(silent);
    expect([desk.timers.running, machine.sync.state.counts.outgoing]).toEqual([0, 1]);
  });

  it('asks before it deletes much', async () => {
    const [machine] = await fixture.syncedMachines(initial);
    const desk = new Automated(machine, { pushOn: 'change' });
    await machine.delete('n');
    await machine.sync.rescan(silent);
    await desk.timers.fire(saveDelay);
    expect(await desk.pauses.next()).toMatchObject({ kind: 'failed', error: { code: 'deletion_guard' } });
    expect(await head(machine)).toBe(1);
  });
});

describe('a push after a save', () => {
  it('is made once, some time after the last of several saves', async () => {
    const [machine] = await fixture.syncedMachines(initial);
    const desk = new Automated(machine, { pushOn: 'save' });
    await desk.save('n/0.md', 'first');
    await desk.save('n/1.md', 'second');
    await desk.save('n/new.md', 'third');
    expect(desk.timers.running).toBe(1);
    await desk.timers.fire(saveDelay);
    expect(await desk.done.next()).toBe('push');
    expect(machine.sync.state).toMatchObject({ revision: 2, counts: { outgoing: 0 } });
    expect(await head(machine)).toBe(2);
  });

  it('sends the saved files, and no other pending changes', async () => {
    const [machine] = await fixture.syncedMachines(initial);
    const desk = new Automated(machine, { pushOn: 'save' });
    for (const path of ['n/1.md', 'n/2.md', 'n/new.md']) await machine.write(path, 'by a checkout');
    await machine.delete('n/3.md');
    await desk.save('n/0.md', 'by hand');
    await desk.timers.fire(saveDelay);
    expect(await desk.done.next()).toBe('push');
    const { changes } = await machine.client.revision(fixture.tree, 2);
    expect(changes.map(({ path }) => path)).toEqual(['n/0.md']);
    expect(machine.sync.state.counts.outgoing).toBe(4);
    expect([...desk.gitFolders]).toEqual([machine.path('n')]);
  });

  it('is not made for untracked files, nor if it is switched off in the meantime', async () => {
    const [machine] = await fixture.syncedMachines(initial);
    const desk = new Automated(machine, { pushOn: 'save' });
    await desk.save('other.md', 'not tracked');
    expect(desk.timers.running).toBe(0);
    await desk.save('n/0.md', 'tracked');
    desk.settings = { ...desk.settings, pushOn: 'manual' };
    await desk.timers.fire(saveDelay);
    await machine.sync.rescan(silent);
    expect(await head(machine)).toBe(1);
  });

  it('waits while git works on the folder', async () => {
    const [machine] = await fixture.syncedMachines(initial);
    const desk = new Automated(machine, { pushOn: 'save' });
    desk.git = 'MERGE_HEAD';
    await desk.save('n/0.md', 'in a merge');
    await desk.timers.fire(saveDelay);
    await desk.timers.fire(gitPause);
    await desk.timers.started(gitPause);
    expect(await head(machine)).toBe(1);
    desk.git = undefined;
    await desk.timers.fire(gitPause);
    expect(await desk.done.next()).toBe('push');
    expect(await head(machine)).toBe(2);
  });

  it('is made after a pull if the server has a newer revision', async () => {
    const [machine, other] = await fixture.syncedMachines(initial);
    const desk = new Automated(machine, { pushOn: 'save' });
    await other.write('n/5.md', 'theirs');
    await other.push();
    await until(machine, ({ counts }) => counts.incoming === 1);
    await desk.save('n/0.md', 'mine');
    await desk.timers.fire(saveDelay);
    await machine.sync.rescan(silent);
    expect(await head(machine)).toBe(2);
    expect(desk.pauses.unread).toEqual([]);
    await machine.pull();
    expect(await desk.done.next()).toBe('push');
    expect(await head(machine)).toBe(3);
  });

  it('reports the deletion guard once, and continues when the user has acted', async () => {
    const [machine] = await fixture.syncedMachines(initial);
    const desk = new Automated(machine, { pushOn: 'save' });
    for (let n = 1; n < 12; n++) await desk.save(`n/${n}.md`, '');
    await desk.timers.fire(saveDelay);
    expect(await desk.pauses.next()).toMatchObject({
      kind: 'failed',
      direction: 'push',
      error: { code: 'deletion_guard' },
    });
    await desk.save('n/0.md', 'left');
    await desk.timers.fire(saveDelay);
    await machine.sync.track(['n']);
    expect(desk.pauses.unread).toEqual([]);
    expect(await head(machine)).toBe(1);
    await machine.push(true);
    await desk.save('n/0.md', 'left again');
    await desk.timers.fire(saveDelay);
    await until(machine, ({ revision }) => revision === 3);
    expect(desk.pauses.unread).toEqual([]);
  });

  it('that failed is tried again with the same files', async () => {
    let rsync = '/absent/rsync';
    const machine = await fixture.machine({ rsync: () => rsync });
    for (const path of ['n/0.md', 'n/1.md']) await machine.write(path, 'new');
    await machine.sync.track(['n']);
    await machine.sync.rescan(silent);
    const desk = new Automated(machine, { pushOn: 'save' });
    await desk.save('n/0.md', 'saved');
    await desk.timers.fire(saveDelay);
    const pause = await desk.pauses.next();
    expect(pause).toMatchObject({ kind: 'failed', direction: 'push', error: { code: 'rsync_missing' } });
    expect(machine.sync.state).toMatchObject({ kind: 'halted', error: { code: 'rsync_missing' } });
    const again = pause.kind === 'failed' ? pause.error.again : undefined;
    await expect(again?.()).rejects.toMatchObject({ code: 'rsync_missing' });
    rsync = 'rsync';
    await again?.();
    expect(await desk.done.next()).toBe('push');
    expect(await fixture.pathsOnServer()).toEqual(['n/0.md']);
    // The automation goes on.
    await desk.save('n/1.md', 'saved later');
    await desk.timers.fire(saveDelay);
    expect(await desk.done.next()).toBe('push');
    expect(await fixture.pathsOnServer()).toEqual(['n/0.md', 'n/1.md']);
  });

  it('pulls first if the server has a newer revision and pulls are automatic', async () => {
    const [other, machine] = await fixture.syncedMachines(initial);
    // Without events, it learns about the newer revision when it pushes.
    machine.client.events = () => Promise.reject(new PalmtreeError('forbidden', 'no events'));
    await machine.bind(fixture.tree);
    const laptop = new Automated(machine, both);
    await other.write('n/5.md', 'theirs');
    await other.push();
    await laptop.save('n/0.md', 'mine');
    await laptop.timers.fire(saveDelay);
    expect(await laptop.done.next()).toBe('pull');
    expect(await laptop.done.next()).toBe('push');
    expect(await machine.read('n/5.md')).toBe('theirs');
    await other.pull();
    expectSame(await other.listing(), await machine.listing());
    expect(laptop.pauses.unread).toEqual([]);
  });
});

describe('a pull of an announced revision', () => {
  it('is made automatically, and nothing is pushed back', async () => {
    const [desk, machine] = await fixture.syncedMachines(initial);
    const laptop = new Automated(machine, both);
    await desk.write('n/0.md', 'edited');
    await desk.delete('n/1.md');
    await desk.push();
    expect(await laptop.done.next()).toBe('pull');
    expectSame(await machine.listing(), await desk.listing());
    expect(laptop.timers.running).toBe(0);
    expect(await head(desk)).toBe(2);
  });

  it('waits while git works on the folder', async () => {
    const [desk, machine] = await fixture.syncedMachines(initial);
    const laptop = new Automated(machine, { pullOn: 'change' });
    laptop.git = 'index.lock';
    await desk.write('n/0.md', 'edited');
    await desk.push();
    await laptop.timers.fire(gitPause);
    await laptop.timers.started(gitPause);
    expect(machine.sync.state.counts.incoming).toBe(1);
    laptop.git = undefined;
    await laptop.timers.fire(gitPause);
    expect(await laptop.done.next()).toBe('pull');
    expect(await machine.read('n/0.md')).toBe('edited');
  });

  it('skips files with unsaved edits, and is not repeated', async () => {
    const [desk, machine] = await fixture.syncedMachines(initial);
    const laptop = new Automated(machine, { pullOn: 'change' });
    laptop.unsaved.add('n/0.md');
    await desk.write('n/0.md', 'edited');
    await desk.write('n/1.md', 'edited too');
    await desk.push();
    expect(await laptop.done.next()).toBe('pull');
    expect([await machine.read('n/0.md'), await machine.read('n/1.md')]).toEqual(['0', 'edited too']);
    await machine.sync.track(['n']);
    expect(machine.sync.state).toMatchObject({ revision: 2, counts: { incoming: 1 } });
    expect(laptop.done.unread).toEqual([]);
  });

  it('reports a conflict once, changes neither side, and continues after the decision', async () => {
    const [desk, machine] = await fixture.syncedMachines(initial);
    const laptop = new Automated(machine, both);
    await laptop.save('n/0.md', 'mine');
    await machine.sync.rescan(silent);
    await desk.write('n/0.md', 'theirs');
    await desk.push();
    expect(await laptop.pauses.next()).toEqual({ kind: 'conflicts', count: 1, isPulled: true });
    await laptop.timers.fire(saveDelay);
    await desk.write('n/3.md', 'more');
    await desk.push();
    await until(machine, (state) => state.head?.revision === 3);
    expect(await machine.read('n/0.md')).toBe('mine');
    expect(laptop.pauses.unread).toEqual([]);
    await machine.sync.resolve(silent, { paths: ['n/0.md'], choice: 'mine' });
    await until(machine, ({ revision }) => revision === 4);
    await desk.pull();
    expectSame(await machine.listing(), await desk.listing());
  });

  it('merges changes that do not overlap, and leaves the push to the user', async () => {
    const [desk, machine] = await fixture.syncedMachines(initial);
    const laptop = new Automated(machine, both);
    await syncLines(desk, laptop);
    await laptop.save('n/0.md', 'one\ntwo\nthree\nfour\nFIVE\n');
    await laptop.save('n/1.md', 'saved too');
    await machine.sync.rescan(silent);
    await desk.write('n/0.md', 'ONE\ntwo\nthree\nfour\nfive\n');
    await desk.push();
    expect(await laptop.done.next()).toBe('pull');
    expect(laptop.merged).toEqual(['n/0.md']);
    expect(await machine.read('n/0.md')).toBe('ONE\ntwo\nthree\nfour\nFIVE\n');
    await laptop.timers.fire(saveDelay);
    expect(await laptop.done.next()).toBe('push');
    const { changes } = await machine.client.revision(fixture.tree, 4);
    expect(changes.map(({ path }) => path)).toEqual(['n/1.md']);
    expect(machine.sync.state).toMatchObject({ kind: 'idle', counts: { outgoing: 1, incoming: 0, conflicts: 0 } });
    expect(laptop.pauses.unread).toEqual([]);
    // A save shows that the user has seen the merge.
    await laptop.save('n/0.md', 'seen\n');
    await laptop.timers.fire(saveDelay);
    expect(await laptop.done.next()).toBe('push');
    await desk.pull();
    expectSame(await machine.listing(), await desk.listing());
  });

  it('reports a conflict if autoMerge is off', async () => {
    const [desk, machine] = await fixture.syncedMachines(initial);
    const laptop = new Automated(machine, { pullOn: 'change' });
    laptop.autoMerge = false;
    await syncLines(desk, laptop);
    await machine.write('n/0.md', 'one\ntwo\nthree\nfour\nFIVE\n');
    await machine.sync.rescan(silent);
    await desk.write('n/0.md', 'ONE\ntwo\nthree\nfour\nfive\n');
    await desk.push();
    expect(await laptop.pauses.next()).toEqual({ kind: 'conflicts', count: 1, isPulled: true });
    expect(await machine.read('n/0.md')).toBe('one\ntwo\nthree\nfour\nFIVE\n');
    expect(laptop.merged).toEqual([]);
  });

  it('never deletes a saved file on the server that vanished, and pauses', async () => {
    const [desk] = await fixture.syncedMachines(initial);
    const automated = new Automated(desk, { pushOn: 'save' });
    await desk.write('alone', 'tracked by itself');
    await desk.sync.track(['alone']);
    await desk.push();
    automated.automation.saved(['alone']);
    await desk.delete('alone');
    await automated.timers.fire(saveDelay);
    expect(await automated.pauses.next()).toMatchObject({
      direction: 'push',
      error: { code: 'deletion_guard', details: { paths: ['alone'] } },
    });
    expect(await fixture.pathsOnServer()).toContain('alone');
  });

  it('reports the deletion guard once', async () => {
    const [desk, machine] = await fixture.syncedMachines(initial);
    const laptop = new Automated(machine, { pullOn: 'change' });
    for (let n = 1; n < 12; n++) await desk.delete(`n/${n}.md`);
    await desk.push(true);
    expect(await laptop.pauses.next()).toMatchObject({ direction: 'pull', error: { code: 'deletion_guard' } });
    await desk.write('n/0.md', 'more');
    await desk.push();
    await until(machine, (state) => state.head?.revision === 3);
    expect(laptop.pauses.unread).toEqual([]);
    await machine.pull(true);
    await desk.write('n/0.md', 'and more');
    await desk.push();
    expect(await laptop.done.next()).toBe('pull');
    expectSame(await machine.listing(), await desk.listing());
  });
});

describe('two machines with automatic pushes and pulls', () => {
  it('settle on the same files', async () => {
    const machines = await fixture.syncedMachines(initial);
    const [desk, laptop] = machines.map((machine) => new Automated(machine, both)) as [Automated, Automated];
    await desk.save('n/0.md', 'from the desk');
    await laptop.save('n/1.md', 'from the laptop');
    await Promise.all([desk.timers.fire(saveDelay), laptop.timers.fire(saveDelay)]);
    await Promise.all(
      machines.map((machine) => until(machine, ({ kind, revision }) => kind === 'idle' && revision === 3)),
    );
    const [a, b] = machines;
    expectSame(await a.listing(), await b.listing());
    expect(await a.read('n/1.md')).toBe('from the laptop');
    for (const machine of machines) await machine.sync.rescan(silent);
    expect(await head(a)).toBe(3);
    expect([desk, laptop].map(({ timers, pauses }) => [timers.running, pauses.unread.length])).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });
});
