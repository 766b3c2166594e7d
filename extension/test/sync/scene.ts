import { afterAll, afterEach, beforeAll } from 'vitest';
import { startServer, type RunningServer } from '../support/server';
import { Machine, type MachineOptions } from './machine';

export interface Scene {
  readonly server: RunningServer;
  /** A machine on the tree of this test, or on another; removed after the test. */
  machine(options?: Partial<MachineOptions>): Promise<Machine>;
  /** Two machines on a tree of their own. */
  twoMachines(): Promise<[Machine, Machine]>;
  /** The tree that `twoMachines` or `newTree` made last. */
  readonly tree: string;
  newTree(): string;
}

/** One server for the tests of a file, and what they need of machines. */
export function scene(): Scene {
  let server: RunningServer;
  let machines: Machine[] = [];
  let trees = 0;
  beforeAll(async () => {
    server = await startServer();
  });
  afterEach(async () => {
    await Promise.all(machines.map((machine) => machine.remove()));
    machines = [];
  });
  afterAll(() => server.close());
  const machine = async (options: Partial<MachineOptions> = {}): Promise<Machine> => {
    const opened = await Machine.open({ url: server.url, token: server.token, tree: `t${trees}`, ...options });
    // The last one opened goes first: it may share its folder with an earlier one.
    machines.unshift(opened);
    return opened;
  };
  return {
    get server() {
      return server;
    },
    get tree() {
      return `t${trees}`;
    },
    newTree: () => `t${++trees}`,
    machine,
    twoMachines: async () => {
      trees++;
      return [await machine(), await machine()];
    },
  };
}
