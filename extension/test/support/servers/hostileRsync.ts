import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createWebSocketStream, WebSocketServer } from 'ws';

/** An rsync daemon behind a WebSocket, as palmtree-server has it, whose module `x` serves any folder. */
export async function startHostileRsync(folder: string): Promise<{ url: string; close: () => Promise<void> }> {
  const home = await mkdtemp(join(tmpdir(), 'palmtree-hostile-'));
  const config = join(home, 'rsyncd.conf');
  const uid = process.getuid?.() === 0 ? 'uid = 0\ngid = 0\n' : '';
  await writeFile(config, `use chroot = no\n${uid}log file = ${home}/log\n[x]\npath = ${folder}\n`);
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const running = new Set<Promise<unknown>>();
  server.on('connection', (socket) => {
    const rsync = spawn('rsync', ['--server', '--daemon', `--config=${config}`, '.'], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    running.add(once(rsync, 'close'));
    const stream = createWebSocketStream(socket);
    for (const end of [stream, rsync.stdin, rsync.stdout]) end.on('error', () => rsync.kill('SIGKILL'));
    rsync.on('exit', () => socket.close(1000));
    socket.on('close', () => rsync.kill('SIGKILL'));
    stream.pipe(rsync.stdin);
    rsync.stdout.pipe(stream);
  });
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      for (const client of server.clients) client.terminate();
      await Promise.all(running);
      await new Promise((resolve) => server.close(resolve));
      await rm(home, { recursive: true });
    },
  };
}
