import { describe, expect, it, onTestFinished } from 'vitest';
import { SshServer, sshdFault } from '../support/servers/sshServer';
import { CommandLine, type Ended } from './commandLine';

describe.skipIf(sshdFault() !== undefined)('the command line over ssh', () => {
  it('connects without a token, pushes and pulls, and says why it is not let in', async () => {
    const server = await SshServer.start();
    onTestFinished(() => server.close());
    const [desk, laptop] = [await CommandLine.open(), await CommandLine.open()];
    onTestFinished(async () => void (await Promise.all([desk.remove(), laptop.remove()])));
    const run = (line: CommandLine, ...args: string[]): Promise<Ended> =>
      line.run(args, { PATH: `${server.folder}:${process.env['PATH'] ?? ''}` });
    const done = { code: 0, stderr: expect.any(String) as string };
    const address = `ssh://box${server.dataFolder}`;

    expect(await run(desk, 'connect', address, '--tree', 'notes', '--yes')).toMatchObject(done);
    await desk.write('n/plan.md', '# Plan\n');
    expect(await run(desk, 'track', 'n')).toMatchObject(done);
    expect(await run(desk, 'push')).toMatchObject(done);
    expect(await run(laptop, 'connect', address, '--tree', 'notes')).toMatchObject(done);
    expect(await run(laptop, 'pull')).toMatchObject(done);
    expect(await laptop.read('n/plan.md')).toBe('# Plan\n');
    expect((await run(laptop, 'trees')).stdout).toContain('* notes');

    await server.allowKey('from="192.0.2.1"');
    const refused = await run(laptop, 'pull');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/ssh/);
  });
});
