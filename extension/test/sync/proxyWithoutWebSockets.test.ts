import { expect, it } from 'vitest';
import { startProxyWithoutWebSockets } from '../support/servers/proxyWithoutWebSockets';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();

it('names a proxy that lets no WebSockets through', async () => {
  const proxy = await startProxyWithoutWebSockets(fixture.server.url);
  try {
    const desk = await fixture.machine({ url: proxy.url });
    await desk.write('n/a.md', 'one');
    await desk.sync.track(['n']);
    await expect(desk.push()).rejects.toMatchObject({ code: 'websocket_refused' });
  } finally {
    await proxy.close();
  }
});
