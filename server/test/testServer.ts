import { pino } from 'pino';
import type { ConnectionLimits } from '../src/app/connectionLimits';
import { createServer } from '../src/app/createServer';
import { listen } from '../src/app/listen';
import { createServices, type Environment } from '../src/app/services';
import { openDatabase } from '../src/database/openDatabase';
import { ApiClient } from './apiClient';
import { temporaryFolder } from './temporaryFolder';

export interface TestServerOptions extends Partial<Environment> {
  readonly tokenName?: string;
  readonly limits?: ConnectionLimits;
}

export type TestServer = Awaited<ReturnType<typeof startTestServer>>;

/** A server in this process: `app` for requests without a network, `url` for a loopback port. */
export async function startTestServer({ tokenName = 'alice', limits, ...over }: TestServerOptions = {}) {
  const dataFolder = over.dataFolder ?? temporaryFolder();
  const database = await openDatabase(dataFolder);
  const logged: string[] = [];
  const log = pino({ level: 'debug', base: null }, { write: (line: string) => void logged.push(line) });
  const services = createServices({ database, dataFolder, rsync: 'rsync', log, version: '1.2.3', ...over });
  const app = createServer(services);
  const token = await services.tokens.create(tokenName, null);
  const fetchApp = (path: string, init: RequestInit) => app.request(path, init);
  let listening: Awaited<ReturnType<typeof listen>> | undefined;
  /** Starts to listen on the first call. */
  const url = async (): Promise<string> => {
    listening ??= await listen(app, { host: '127.0.0.1', port: 0, ...(limits && { limits }) });
    return listening.url;
  };
  return {
    dataFolder,
    database,
    services,
    app,
    logged,
    token,
    api: new ApiClient(fetchApp, token),
    as: (secret?: string) => new ApiClient(fetchApp, secret),
    url,
    rsyncUrl: async (tree: string, id: string) => `${await url()}/v1/trees/${tree}/sessions/${id}/rsync`,
    async stop(): Promise<void> {
      services.streams.endAll();
      const closed = listening?.close(0);
      await services.activity.stopAll('the test has ended');
      await closed;
      await services.tokenWatch.stop();
      await services.sessions.removalsDone();
      await database.destroy();
    },
  };
}
