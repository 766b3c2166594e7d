import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { Client } from '../../src/io/api/client';
import { startServer, type RunningServer } from '../support/servers/server';
import { Machine, type MachineOptions } from './machine';

export interface ServerFixture {
  readonly server: RunningServer;
  /** The tree of this test, or the one that `twoMachines` or `syncedMachines` used last. */
  readonly tree: string;
  /** Opens a machine that is bound to `tree`. It is removed after the test. */
  machine(options?: Partial<MachineOptions>): Promise<Machine>;
  /** Opens two machines that are bound to a new tree. */
  twoMachines(options?: Partial<MachineOptions>): Promise<[Machine, Machine]>;
  /** Opens two machines that track the folder `n` and have the same files, at revision 1. */
  syncedMachines(files: Readonly<Record<string, string>>): Promise<[Machine, Machine]>;
  /** Returns the paths of the current tree on the server, sorted. */
  pathsOnServer(): Promise<string[]>;
}

/**
 * Starts one server for all tests of a file, or one for each test, which may then replace its data.
 * Each test has a tree of its own, and a server that a test killed runs again before the next test.
 */
export function serverFixture(scope: 'file' | 'test' = 'file'): ServerFixture {
  let server: RunningServer;
  const machines: Machine[] = [];
  let trees = 0;
  const start = async (): Promise<void> => {
    server = await startServer();
  };
  const close = (): Promise<void> => server.close();
  if (scope === 'file') beforeAll(start);
  else beforeEach(start);
  beforeEach(() => void trees++);
  afterEach(async () => {
    await Promise.all(machines.splice(0).map((machine) => machine.remove()));
    if (scope === 'test') await close();
    else await server.ensureRunning();
  });
  if (scope === 'file') afterAll(close);

  const machine = async (options: Partial<MachineOptions> = {}): Promise<Machine> => {
    const opened = await Machine.open({ url: server.url, token: server.token, tree: `t${trees}`, ...options });
    // The newest is removed first: it may share its folder with an earlier one.
    machines.unshift(opened);
    return opened;
  };
  const twoMachines = async (options: Partial<MachineOptions> = {}): Promise<[Machine, Machine]> => {
    trees++;
    return [await machine(options), await machine(options)];
  };
  const syncedMachines = async (files: Readonly<Record<string, string>>): Promise<[Machine, Machine]> => {
    const [desk, laptop] = await twoMachines();
    for (const [path, content] of Object.entries(files)) await desk.write(path, content, 0o644);
    await desk.sync.track(['n']);
    await desk.push();
    await laptop.pull();
    return [desk, laptop];
  };
  return {
    get server() {
      return server;
    },
    get tree() {
      return `t${trees}`;
    },
    machine,
    twoMachines,
    syncedMachines,
    pathsOnServer: async () => {
      const { files } = await new Client(server.url, server.token).files(`t${trees}`, 0);
      return files.flatMap((file) => ('deleted' in file ? [] : [file.path])).sort();
    },
  };
}
