import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { startServer, type RunningServer } from '../support/servers/server';
import { Machine } from '../sync/machine';
import { CommandLine } from './commandLine';

export interface CommandLineFixture {
  readonly server: RunningServer;
  /** The tree of this test. */
  readonly tree: string;
  /** The command line of another machine that is connected to the tree. */
  machine(): Promise<CommandLine>;
  /** One that is not connected. */
  stranger(): Promise<CommandLine>;
  /** A machine without the command line, and one with it, that have the same files in the folder `n`, at revision 1. */
  synced(files: Readonly<Record<string, string>>): Promise<[Machine, CommandLine]>;
}

/** Starts one server for all tests of a file; each test has a tree of its own. */
export function commandLineFixture(): CommandLineFixture {
  let server: RunningServer;
  let trees = 0;
  const lines: CommandLine[] = [];
  const others: Machine[] = [];
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.close());
  beforeEach(() => void trees++);
  afterEach(() => Promise.all([...lines.splice(0), ...others.splice(0)].map((one) => one.remove())));

  const stranger = async (): Promise<CommandLine> => {
    const line = await CommandLine.open();
    lines.push(line);
    return line;
  };
  const machine = async (): Promise<CommandLine> => {
    const line = await stranger();
    await line.connected({ url: server.url, token: server.token, tree: `c${trees}` });
    return line;
  };
  return {
    get server() {
      return server;
    },
    get tree() {
      return `c${trees}`;
    },
    machine,
    stranger,
    synced: async (files) => {
      const desk = await Machine.open({ url: server.url, token: server.token, tree: `c${trees}` });
      others.push(desk);
      for (const [path, content] of Object.entries(files)) await desk.write(path, content);
      await desk.sync.track(['n']);
      await desk.push();
      const laptop = await stranger();
      const tree = { url: server.url, token: server.token, tree: `c${trees}` };
      await laptop.connected(tree, (opened) => opened.pull());
      return [desk, laptop];
    },
  };
}
