import { pino } from 'pino';
import { ControlApp } from '../administration/controlApp';
import { listenOnControlSocket } from '../administration/controlSocket';
import type { TaskEnvironment } from '../administration/task';
import { tasks } from '../administration/tasks';
import { createServer } from '../app/createServer';
import { listen, type Listening, type ListenOptions } from '../app/listen';
import { createServices, type Services } from '../app/services';
import { DatabaseFile } from '../database/databaseFile';
import type { FileLock } from '../database/fileLock';
import { databaseFileName, type Database } from '../database/openDatabase';
import { OperatorError } from '../errors';
import { AutomaticGc } from '../gc/automaticGc';
import { checkRsync } from '../rsync/rsyncVersion';
import { sweepSessions } from '../sessions/sweep';
import { ClientSocket, type ClientSocketDeps } from '../ssh/clientSocket';
import { lockDataFolder } from '../administration/dataFolderLock';
import { openDataFolder } from './openDataFolder';

export interface StartOptions {
  readonly version: string;
  readonly listen: ListenOptions;
  readonly dataFolder: string;
  readonly rsync: string;
  readonly allowOldRsync: boolean;
  /** Bytes of the disk that pushes leave free. */
  readonly keptBytes?: number | undefined;
  /** Whether gc runs by itself. */
  readonly collectsGarbage: boolean;
  /** Whether the server stops when its last ssh client has left. */
  readonly stopsWhenUnused: boolean;
}

export interface RunningServer {
  /** Empty without a port. */
  readonly url: string;
  /**
   * Resolves when the server has to be stopped: somebody has deleted or replaced the database, or the last client of a server
   * that stops when unused has left.
   */
  readonly over: Promise<void>;
  readonly log: Services['log'];
  /** Throws OperatorError if the database was deleted or replaced, after it has saved what the server knows. */
  stop(): Promise<void>;
}

const minuteMs = 60 * 1000;
/** A client may repeat the commit of a push whose response was lost for this long. */
const resultLifetimeMs = 24 * 60 * minuteMs;
const requestGraceMs = 10_000;
const fileCheckMs = 1_000;

export async function startServer(options: StartOptions): Promise<RunningServer> {
  const { version, dataFolder, rsync } = options;
  const { warning } = await checkRsync(rsync, options.allowOldRsync);
  const lock = await lockDataFolder(dataFolder);
  const database = await openDataFolder(dataFolder);
  const file = new DatabaseFile(dataFolder, fileCheckMs);
  await file.check();
  // Nobody limits the log of a server that a client started.
  const log = pino({ base: null, level: options.stopsWhenUnused ? 'warn' : 'info' }, standardError());
  if (warning !== undefined) log.warn(warning);
  const services = createServices({
    database,
    dataFolder,
    rsync,
    log,
    version,
    space: { keptBytes: options.keptBytes },
  });
  await sweep(services, { includeIncomplete: true });
  const timer = setInterval(() => void sweep(services, { includeIncomplete: false }), minuteMs);
  timer.unref();
  const listening = await listen(createServer(services), options.listen);
  const automaticGc = new AutomaticGc({ ...services, database });
  if (options.collectsGarbage) automaticGc.start();
  const unused = Promise.withResolvers<void>();
  const onUnused = (): void => {
    if (options.stopsWhenUnused) unused.resolve();
  };
  const clients = await openClientSocket({ ...services, dataFolder, accept: listening.accept, onUnused });
  // The control socket is opened last: `openServer` takes a server that has it, but no socket for clients, for an older version.
  const control = await openControl({ services, database, dataFolder });
  log.info({ url: listening.url, version }, 'listening');
  const isOpen = options.listen.port !== false && !isLoopback(options.listen.host);
  if (isOpen && options.listen.tls === undefined) {
    log.warn(
      'without TLS, others on the network can read the tokens and the files: use --tls-cert and --tls-key, or a proxy with TLS',
    );
  }
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    clearInterval(timer);
    return (stopped ??= stopServer(services, listening, { database, file, lock, control, clients, automaticGc }));
  };
  return { url: listening.url, over: Promise.race([file.lost, unused.promise]), log, stop };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

/** pino's own destination keeps the process from exiting when the reader of its pipe is gone. */
function standardError(): NodeJS.WriteStream {
  process.stderr.on('error', () => undefined);
  return process.stderr;
}

interface OpenParts {
  readonly database: Database;
  readonly file: DatabaseFile;
  readonly lock: FileLock;
  readonly control: Control;
  readonly clients: ClientSocket | undefined;
  readonly automaticGc: AutomaticGc;
}

interface Control {
  close(): Promise<void>;
}

/** Without the socket, the server works; only the administration commands do not. */
async function openControl(environment: TaskEnvironment): Promise<Control> {
  const control = new ControlApp(environment, tasks);
  try {
    const socket = await listenOnControlSocket(environment.dataFolder, control.app);
    return {
      close: async () => {
        socket.stopListening();
        await control.stop();
        socket.close();
      },
    };
  } catch (error) {
    const { log } = environment.services;
    log.warn({ err: error }, 'administration commands cannot reach this server: its disk cannot hold a socket');
    return { close: () => control.stop() };
  }
}

async function openClientSocket(deps: ClientSocketDeps): Promise<ClientSocket | undefined> {
  try {
    return await ClientSocket.open(deps);
  } catch (error) {
    deps.log.warn({ err: error }, 'clients cannot connect by ssh: the disk of the data folder cannot hold a socket');
    return undefined;
  }
}

async function stopServer(
  { activity, sessions, streams, tokenWatch, log }: Services,
  listening: Listening,
  { database, file, lock, control, clients, automaticGc }: OpenParts,
): Promise<void> {
  // The control socket goes first: `openServer` takes a server that has it, but no socket for clients, for an older version.
  const controlClosed = control.close();
  const othersClosed = clients?.close();
  streams.endAll();
  const closed = listening.close(requestGraceMs, othersClosed);
  // Together, since an error of one that nobody awaits yet would end the process before the database is saved.
  await Promise.all([closed, controlClosed, activity.stopAll('the server is stopping'), automaticGc.stop()]);
  await tokenWatch.stop();
  await sessions.removalsDone();
  file.stop();
  const loss = (await file.check()) ? await saveDatabase(file, database) : undefined;
  await database.destroy();
  lock.release();
  if (loss !== undefined) throw loss;
  log.info('stopped');
}

/** To be called when the database was deleted or replaced. Returns the error that tells the operator what to do. */
async function saveDatabase(file: DatabaseFile, database: Database): Promise<OperatorError> {
  const fault = `The database ${databaseFileName} was deleted or replaced while the server was running.`;
  try {
    const saved = await file.save(database, new Date());
    const fix = `Rename ${saved} to ${databaseFileName}, unless you want another, and start the server again.`;
    return new OperatorError(`${fault} Everything that the server knew was saved. ${fix}`);
  } catch (error) {
    const fix = `Restore ${databaseFileName} from a backup.`;
    return new OperatorError(`${fault} It could not be saved (${String(error)}). ${fix}`, { cause: error });
  }
}

/** Never throws: what cannot be removed must not keep a server from starting. */
async function sweep(services: Services, { includeIncomplete }: { includeIncomplete: boolean }): Promise<void> {
  const { pushes, uploaded, inboxGuard, reserve, now, log } = services;
  try {
    if (includeIncomplete) await uploaded.restore();
    inboxGuard.releaseIdle();
    await sweepSessions(services, { now: now(), includeIncomplete, log });
    reserve.fill();
    await pushes.forgetUnchanged(new Date(now().getTime() - resultLifetimeMs));
  } catch (error) {
    log.error({ err: error }, 'removing idle sessions failed');
  }
}
