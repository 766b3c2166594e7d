import { rmSync } from 'node:fs';
import type { KyselyPlugin } from 'kysely';
import { pino } from 'pino';
import { createServer } from '../../../server/src/app/createServer';
import { createServices, type Environment } from '../../../server/src/app/services';
import { openDatabase } from '../../../server/src/database/openDatabase';
import { newMemoryFolder } from './memoryFolder';

export type InProcessServer = Awaited<ReturnType<typeof startInProcess>>;

/** The server's app and services in this process, without a port. Its ids are numbers, so that a run can be repeated. */
export async function startInProcess({
  dataFolder = newMemoryFolder(),
  plugin,
  ...over
}: Partial<Environment> & { readonly plugin?: KyselyPlugin } = {}) {
  const opened = await openDatabase(dataFolder);
  const database = plugin === undefined ? opened : opened.withPlugin(plugin);
  const errors: string[] = [];
  const log = pino({ level: 'error', base: null }, { write: (line: string) => void errors.push(line) });
  let sessions = 0;
  const services = createServices({
    database,
    dataFolder,
    rsync: 'rsync',
    log,
    version: '1.2.3',
    newId: () => sessionId(++sessions),
    ...over,
  });
  return {
    dataFolder,
    database,
    services,
    app: createServer(services),
    /** The lines of the log about unexpected errors. */
    errors,
    /** The id of the newest session, or of an earlier one. */
    sessionId: (age = 0): string => sessionId(sessions - age),
    async stop(): Promise<void> {
      services.streams.endAll();
      await services.activity.stopAll('the test has ended');
      await services.sessions.removalsDone();
      await services.tokenWatch.stop();
      await database.destroy();
    },
    removeData(): void {
      rmSync(dataFolder, { recursive: true, force: true });
    },
  };
}

function sessionId(number: number): string {
  return Math.max(0, number).toString(16).padStart(32, '0');
}
