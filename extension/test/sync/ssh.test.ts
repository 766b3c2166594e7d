import { randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RevisionFeed } from '../../src/io/api/revisionFeed';
import { transfer } from '../../src/io/transferFiles';
import { dist } from '../../scripts/paths.mts';
import { openQuestions } from '../../src/io/ssh/openQuestions';
import type { SshConnection } from '../../src/io/ssh/sshConnection';
import type { SshQuestion } from '../../src/io/ssh/sshQuestion';
import { FaultyProxy } from '../support/servers/faultyProxy';
import { SshServer, sshdFault } from '../support/servers/sshServer';
import { expectSame, Machine, type MachineOptions } from './machine';

const fault = sshdFault();
if (fault !== undefined) process.stdout.write(`The tests over ssh are skipped: ${fault}.\n`);

describe.skipIf(fault !== undefined)('over ssh', () => {
  let server: SshServer;
  let trees = 0;
  const machines: Machine[] = [];
  const connections: SshConnection[] = [];

  beforeAll(async () => {
    server = await SshServer.start();
  });
  beforeEach(() => void trees++);
  afterEach(async () => {
    await Promise.all(machines.splice(0).map((machine) => machine.remove()));
    for (const connection of connections.splice(0)) connection.close();
    await server.allowKey();
    await server.trustHostKey();
    await server.writeConfig(server.port);
  });
  afterAll(() => server.close());

  function connect(name: string): SshConnection {
    const connection = server.connection(name);
    connections.push(connection);
    return connection;
  }

  async function machine(name: string, options: Partial<MachineOptions> = {}): Promise<Machine> {
    const url = `ssh://box${server.dataFolder}`;
    const opened = await Machine.open({ url, token: '', tree: `t${trees}`, connection: connect(name), ...options });
    machines.push(opened);
    return opened;
  }

  /** A proxy before sshd. */
  async function proxy(): Promise<FaultyProxy> {
    const opened = await FaultyProxy.open(`http://127.0.0.1:${server.port}`);
    await server.writeConfig(Number(new URL(opened.url).port));
    return opened;
  }

  const faultOf = async (connection: SshConnection): Promise<unknown> =>
    connection.ready().then(
      () => undefined,
      (error: unknown) => error,
    );

  it('starts a server for two machines, which push and pull, and stops it when both have left', async () => {
    // The server of an earlier test stops soon.
    while (await server.isServing()) await delay(20);
    const [desk, laptop] = [await machine('desk'), await machine('laptop')];
    await desk.write('n/plan.md', '# Plan\n');
    await desk.write('n/run.sh', '#!/bin/sh\n', 0o755);
    await desk.sync.track(['n']);
    expect(await desk.push()).toMatchObject({ revision: 1, put: 2 });
    expect(await laptop.pull()).toMatchObject({ revision: 1, written: 2 });
    expectSame(await laptop.listing('n'), await desk.listing('n'));
    await laptop.write('n/plan.md', '# Another plan\n');
    expect(await laptop.push()).toMatchObject({ revision: 2, put: 1 });
    await desk.pull();
    expect(await desk.read('n/plan.md')).toBe('# Another plan\n');
    const { revisions } = await desk.client.revisions(`t${trees}`);
    expect(revisions.map(({ author }) => author)).toEqual(['laptop', 'desk']);
    for (const connection of connections) connection.close();
    while (await server.isServing()) await delay(20);
  });

  it('carries several rsyncs, an event stream and requests at once', async () => {
    const connection = connect('desk');
    const [desk, phone] = [
      await machine('desk', { connection }),
      await machine('phone', { connection, tree: 'other' }),
    ];
    for (let index = 0; index < 40; index++) await desk.write(`n/${index}.bin`, randomBytes(400_000));
    await desk.sync.track(['n']);
    await phone.write('a.md', 'a');
    await phone.sync.track(['a.md']);
    const told = Promise.withResolvers<number>();
    const feed = new RevisionFeed({
      client: desk.client,
      tree: 'other',
      since: 0,
      onRevision: ({ revision }) => told.resolve(revision),
      onConnectionState: () => undefined,
      onDefect: told.reject,
    });
    const [pushed] = await Promise.all([desk.push(), phone.push()]);
    expect(pushed).toMatchObject({ put: 40 });
    expect(await told.promise).toBe(1);
    await feed.dispose();
    const laptop = await machine('laptop', { connection });
    expect(await laptop.pull()).toMatchObject({ written: 40 });
    expectSame(await laptop.listing('n'), await desk.listing('n'));
  });

  it('resumes a push whose line was cut, without sending again what had arrived', async () => {
    const line = await proxy();
    const desk = await machine('desk');
    await desk.write('big.bin', randomBytes(24 << 20));
    await desk.sync.track(['big.bin']);
    const before = line.bytes;
    const cut = line.after(12 << 20).then(() => line.cut());
    expect(await desk.push()).toMatchObject({ put: 1 });
    await cut;
    expect(desk.retries).toBeGreaterThan(0);
    expect(line.bytes - before).toBeLessThan(40 << 20);
    await line.close();
  });

  it('refuses everything but the command of the key', async () => {
    await server.allowKey(`restrict,command="palmtree-server connect --data ${server.dataFolder} --as desk"`);
    const run = async (...command: string[]): Promise<string> => (await server.ssh([], ...command)).output;
    const refusal = 'This key can only run "palmtree-server connect".';
    for (const command of ['id', 'palmtree-server connect; id', 'palmtree-server token list', 'scp -t x']) {
      expect(await run(command)).toContain(refusal);
    }
    // sshd passes on no errors of a subsystem.
    expect(await server.ssh(['-s'], 'sftp')).toMatchObject({ code: 1, output: '' });
    expect((await server.ssh(['-N', '-o', 'ExitOnForwardFailure=yes', '-R', '0:127.0.0.1:1'])).output).toMatch(
      /forwarding failed|refused|not permitted/i,
    );
    const desk = await machine('another name');
    expect(await desk.client.whoami()).toMatchObject({ name: 'desk', trees: null });
  });

  it('lets a key that may only read pull, and push nothing', async () => {
    const desk = await machine('desk');
    await desk.write('n/a.md', 'a');
    await desk.sync.track(['n']);
    await desk.push();
    const options = `--data ${server.dataFolder} --as reader --tree t${trees} --read-only`;
    await server.allowKey(`restrict,command="palmtree-server connect ${options}"`);
    const reader = await machine('reader');
    expect(await reader.pull()).toMatchObject({ written: 1 });
    await reader.write('n/a.md', 'b');
    await expect(reader.push()).rejects.toMatchObject({ code: 'read_only_token' });
    await expect(reader.client.makeTree('new')).rejects.toMatchObject({ code: 'forbidden' });
    expect(await reader.client.trees()).toMatchObject({ trees: [{ name: `t${trees}` }] });
  });

  it('ends the push of a key that is removed, and does not let it in again', async () => {
    const key = await readFile(`${server.keyFile}.pub`, 'utf8');
    await rm(server.authorizedKeys);
    expect(await server.palmtreeServer(['key', 'add', 'lost laptop', '--tree', `t${trees}`], key)).toMatchObject({
      code: 0,
    });
    expect((await server.palmtreeServer(['key', 'list'])).output).toContain('lost laptop');
    const laptop = await machine('laptop', {
      transfer: async (request) => {
        expect(await server.palmtreeServer(['key', 'remove', 'lost laptop'])).toMatchObject({ code: 0 });
        return transfer(request);
      },
    });
    expect(await laptop.client.whoami()).toMatchObject({ name: 'lost laptop', trees: [`t${trees}`] });
    await laptop.write('big.bin', randomBytes(1 << 20));
    await laptop.sync.track(['big.bin']);
    await expect(laptop.push()).rejects.toMatchObject({ code: expect.stringMatching(/^(ssh_denied|unauthorized)$/) });
    expect(await faultOf(connect('laptop'))).toMatchObject({ code: 'ssh_denied' });
    await server.allowKey();
    expect((await (await machine('desk')).client.revisions(`t${trees}`)).revisions).toEqual([]);
  });

  it('lets no connection in under a name whose access was revoked', async () => {
    await machine('old');
    expect(await server.palmtreeServer(['token', 'revoke', 'old'])).toMatchObject({ code: 0 });
    expect(await faultOf(connect('old'))).toMatchObject({
      code: 'ssh_server_failed',
      details: { reason: 'The access of "old" was revoked. Connect with another name.' },
    });
  });

  it('connects to no host whose key is unknown or has changed, and says which', async () => {
    await server.trustHostKey('');
    expect(await faultOf(connect('desk'))).toMatchObject({ code: 'ssh_host_unknown' });
    await server.trustHostKey(await readFile(`${await server.makeKey('other_host_key')}.pub`, 'utf8'));
    expect(await faultOf(connect('desk'))).toMatchObject({
      code: 'ssh_host_changed',
      details: { reason: expect.stringContaining('REMOTE HOST IDENTIFICATION HAS CHANGED') },
    });
  });

  it('says why there is no connection', async () => {
    await server.writeConfig(1);
    expect(await faultOf(connect('desk'))).toMatchObject({ code: 'server_unreachable' });
    await server.writeConfig(server.port);
    await server.allowKey('from="192.0.2.1"');
    expect(await faultOf(connect('desk'))).toMatchObject({ code: 'ssh_denied' });
    await server.allowKey('command="palmtree-servant connect"');
    expect(await faultOf(connect('desk'))).toMatchObject({ code: 'ssh_no_server' });
    await server.allowKey('command="palmtree-server join"');
    expect(await faultOf(connect('desk'))).toMatchObject({ code: 'ssh_failed' });
    await server.allowKey(`command="palmtree-server connect --data /proc/palmtree"`);
    expect(await faultOf(connect('desk'))).toMatchObject({ code: 'ssh_server_failed' });
    await server.allowKey(`command="cat"`);
    expect(await faultOf(server.connection('desk', { command: join(server.folder, 'no ssh') }))).toMatchObject({
      code: 'ssh_missing',
    });
  });

  it('skips what the start files of the shell print', async () => {
    await server.allowKey(
      `command="printf 'Welcome\\\\nto this machine'; echo; palmtree-server connect --data ${server.dataFolder}"`,
    );
    expect(await connect('desk').ready()).toBeUndefined();
  });

  describe('with questions', () => {
    /** A connection whose questions are answered in this way; each is noted. */
    function asked(answers: (prompt: string, signal: AbortSignal) => string | undefined | Promise<string | undefined>) {
      const prompts: string[] = [];
      const ask = async ({ prompt }: SshQuestion, signal: AbortSignal): Promise<string | undefined> => {
        prompts.push(prompt);
        return answers(prompt, signal);
      };
      const user = { isThere: true };
      const connection = server.connection('desk', {
        questions: {
          get areWelcome() {
            return user.isThere;
          },
          open: () => openQuestions(join(dist, 'askpass.js'), ask),
        },
      });
      connections.push(connection);
      return { connection, prompts, user };
    }

    it('asks whether a host key is right, and remembers it as ssh does', async () => {
      await server.trustHostKey('');
      const { connection, prompts } = asked(() => 'yes');
      await connection.ready();
      expect(prompts).toEqual([expect.stringContaining('authenticity of host')]);
      expect(await readFile(join(server.folder, 'known_hosts'), 'utf8')).toContain('ssh-ed25519');
      await connect('desk').ready();
    });

    it('asks for the passphrase of a key, and not in the background', async () => {
      await server.makeKey('key', 'open sesame');
      await server.allowKey();
      const { connection, prompts, user } = asked(() => 'open sesame');
      user.isThere = false;
      expect(await faultOf(connection)).toMatchObject({ code: 'ssh_denied' });
      expect(prompts).toEqual([]);
      user.isThere = true;
      await connection.ready();
      expect(prompts).toEqual([expect.stringContaining('Enter passphrase for key')]);
      await server.makeKey('key');
    });

    it.each(['rsync', 'http'] as const)('asks again after a cut in a push by %s, which goes on', async (transport) => {
      await server.makeKey('key', 'open sesame');
      await server.allowKey();
      const line = await proxy();
      const { connection, prompts } = asked(() => 'open sesame');
      const desk = await machine('desk', { connection, transport: () => transport });
      await desk.write('big.bin', randomBytes(8 << 20));
      await desk.sync.track(['big.bin']);
      const cut = line.after(4 << 20).then(() => line.cut());
      expect(await desk.push()).toMatchObject({ put: 1 });
      await cut;
      expect(prompts).toHaveLength(2);
      await line.close();
      await server.makeKey('key');
    });

    it('takes a question back when nobody waits for the connection any more, and asks the next caller', async () => {
      await server.trustHostKey('');
      const abort = new AbortController();
      const takenBack = Promise.withResolvers<undefined>();
      const { connection, prompts } = asked((_, signal) => {
        if (abort.signal.aborted) return 'yes';
        signal.addEventListener('abort', () => takenBack.resolve(undefined));
        abort.abort();
        return takenBack.promise;
      });
      await expect(connection.ready(abort.signal)).rejects.toMatchObject({ code: 'cancelled' });
      await takenBack.promise;
      await connection.ready();
      expect(prompts).toHaveLength(2);
    });

    it('takes a question without an answer for a cancelled command', async () => {
      await server.trustHostKey('');
      const { connection } = asked(() => undefined);
      expect(await faultOf(connection)).toMatchObject({ code: 'cancelled' });
    });

    it('asks nothing about a host key that has changed', async () => {
      await server.trustHostKey(await readFile(`${await server.makeKey('other_host_key')}.pub`, 'utf8'));
      const { connection, prompts } = asked(() => 'yes');
      expect(await faultOf(connection)).toMatchObject({ code: 'ssh_host_changed' });
      expect(prompts).toEqual([]);
    });
  });
});
