import { expect, it } from 'vitest';
import { serverFixture } from './serverFixture';
import { formatFiles } from './simulation/files';
import { Simulation } from './simulation/simulation';

const fixture = serverFixture();
const seed = Number(process.env['PALMTREE_SIMULATION_SEED'] ?? 20_261_124);
const steps = Number(process.env['PALMTREE_SIMULATION_STEPS'] ?? 600);

/** Outcomes that a run of at least 500 steps must include, or it would prove little. */
const requiredOutcomes = ['push', 'pull', 'mergingPull', 'replace', 'merged', 'stale_base'];

it(
  `property: random changes on three machines lose no content and converge (seed ${seed}, ${steps} steps)`,
  { timeout: 600_000 },
  async () => {
    const { url, token, dataDir } = fixture.server;
    const options = { url, token, tree: fixture.tree };
    const simulation = await Simulation.start(seed, ['desk', 'laptop', 'tablet'], options);
    const { participants, history, invariants, tally } = simulation;
    try {
      await simulation.run(steps);
      await simulation.settle();

      const head = await history.head();
      for (const participant of participants) {
        const files = formatFiles(await participant.masked(await participant.trackedFiles()));
        const expected = formatFiles(await participant.masked(head.files));
        expect([participant.name, ...files]).toEqual([participant.name, ...expected]);
      }
      expect(invariants.protectedContents.size).toBeGreaterThan(steps / 20);
      if (steps >= 500) expect([...tally.keys()]).toEqual(expect.arrayContaining(requiredOutcomes));
      expect(await invariants.lostContents(participants)).toEqual([]);
      expect(await history.damagedContents(dataDir)).toEqual([]);
      for (const { machine } of participants) {
        expect(await machine.push()).toMatchObject({ revision: head.revision, put: 0, deleted: 0 });
        expect(await machine.pull()).toMatchObject({ revision: head.revision, written: 0, deleted: 0, conflicts: [] });
      }
    } catch (error) {
      throw new Error(`Seed ${seed}: ${String(error)}\n${simulation.log.join('\n')}`, { cause: error });
    } finally {
      await simulation.remove();
    }
  },
);
