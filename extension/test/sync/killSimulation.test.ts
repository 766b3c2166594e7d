import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { soakSeconds, writeSoakFigures } from '../model/soak';
import { DoomedClient } from './simulation/doomedClient';
import { formatFiles } from './simulation/files';
import { Simulation } from './simulation/simulation';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();
const givenSeed = process.env['PALMTREE_SIMULATION_SEED'];
const steps = Number(process.env['PALMTREE_SIMULATION_STEPS'] ?? 25);
const sequences = 3;

let client: DoomedClient;
beforeAll(async () => {
  client = await DoomedClient.build();
});
afterAll(() => client.remove());

it(
  `property: kills of clients and of the server lose no content, and the machines converge (${steps} steps each)`,
  { timeout: 600_000 + 1_000 * (soakSeconds ?? 0) },
  async () => {
    const end = performance.now() + 1_000 * (soakSeconds ?? 0);
    const tally = new Map<string, number>();
    const first = Number(givenSeed ?? (soakSeconds === undefined ? 20_261_129 : randomInt(2 ** 31)));
    let runs = 0;
    do {
      for (const [outcome, count] of await runSequence(first + runs)) {
        tally.set(outcome, (tally.get(outcome) ?? 0) + count);
      }
      runs++;
    } while (givenSeed === undefined && (soakSeconds === undefined ? runs < sequences : performance.now() < end));
    writeSoakFigures('sequences with a real server, rsync and kills', {
      runs,
      steps: runs * steps,
      ...Object.fromEntries(tally),
    });
    expect([...tally.keys()]).toContain('client killed');
  },
);

/** Throws if the run breaks an invariant. Returns the number of commands by their outcome. */
async function runSequence(seed: number): Promise<ReadonlyMap<string, number>> {
  const { url, token, dataDir } = fixture.server;
  const restartServer = async (): Promise<void> => {
    await fixture.server.kill('SIGKILL');
    await fixture.server.restart();
  };
  const options = { url, token, tree: `kills-${seed}`, kills: { client, restartServer } };
  const simulation = await Simulation.start(seed, ['desk', 'laptop'], options);
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
    expect(await invariants.lostContents(participants)).toEqual([]);
    expect(await history.damagedContents(dataDir)).toEqual([]);
    return tally;
  } catch (error) {
    const replay = `PALMTREE_SIMULATION_SEED=${seed} PALMTREE_SIMULATION_STEPS=${steps}`;
    const test = 'npx vitest run --config extension/scripts/vitest.config.mts --project sync killSimulation';
    throw new Error(`${String(error)}\n${simulation.log.join('\n')}\nRepeat it with:\n${replay} ${test}`, {
      cause: error,
    });
  } finally {
    await simulation.remove();
  }
}
