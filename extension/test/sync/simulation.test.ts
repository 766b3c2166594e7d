import { expect, it } from 'vitest';
import { serverFixture } from './serverFixture';
import { asLines } from './simulation/contents';
import { Simulation } from './simulation/simulation';

const fixture = serverFixture();
const seed = Number(process.env['PALMTREE_SIMULATION_SEED'] ?? 20_261_124);
const steps = Number(process.env['PALMTREE_SIMULATION_STEPS'] ?? 600);

/** What a run that is long enough comes by. */
const ends = ['sends', 'brings', 'merges', 'replaces', 'merged', 'stale_base'];

it(
  `three machines at work on one tree lose nothing and converge (seed ${seed}, ${steps} steps)`,
  { timeout: 600_000 },
  async () => {
    const { url, token, dataDir } = fixture.server;
    const options = { url, token, tree: fixture.tree };
    const simulation = await Simulation.begin(seed, ['desk', 'laptop', 'tablet'], options);
    const { participants, history, promises, tally } = simulation;
    try {
      await simulation.run(steps);
      await simulation.settle();

      const head = await history.head();
      for (const one of participants) {
        expect([one.name, ...asLines(await one.tracked())]).toEqual([one.name, ...asLines(head.standing)]);
      }
      expect(promises.contents.size).toBeGreaterThan(steps / 20);
      if (steps >= 500) expect([...tally.keys()]).toEqual(expect.arrayContaining(ends));
      expect(await promises.broken(participants)).toEqual([]);
      expect(await history.damaged(dataDir)).toEqual([]);
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
