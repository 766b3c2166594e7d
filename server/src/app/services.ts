import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { NamedTurn } from '../concurrency/namedTurn';
import type { Database } from '../database/openDatabase';
import { LocalNotices, type RevisionNotices } from '../events/revisionNotices';
import { RevisionStreams } from '../events/revisionStreams';
import { GarbageCollector, type GarbageCollectorDeps } from '../gc/garbageCollector';
import { RevisionRepository } from '../history/revisionRepository';
import { LongRequests } from '../http/longRequests';
import { LongResponses } from '../http/longResponses';
import { ContentPins } from '../objects/contentPins';
import { openContents } from '../objects/openContents';
import { InboxGuard, defaultInboxLimits, type InboxLimits } from '../pushes/inbox/inboxGuard';
import { InboxVerifiers } from '../pushes/inbox/inboxVerifiers';
import { PackInboxes } from '../pushes/inbox/packInboxes';
import { PushRepository } from '../pushes/pushRepository';
import { UploadedObjects } from '../pushes/uploadedObjects';
import { Retention } from '../retention/retention';
import { defaultRunLimits, type RunLimits } from '../rsync/rsyncRun';
import { removeRevokedSessions } from '../sessions/removeSessions';
import { RsyncRuns } from '../sessions/rsyncRuns';
import { RunTurns, defaultRunTurnLimits, type RunTurnLimits } from '../sessions/runTurns';
import { SessionActivity } from '../sessions/sessionActivity';
import { SessionStore } from '../sessions/sessionStore';
import { HttpRuns } from '../transfers/httpRuns';
import { defaultPaceLimits, type PaceLimits } from '../transfers/pace';
import { DiskSpace, type DiskSpaceOptions } from '../space/diskSpace';
import { Reserve } from '../space/reserve';
import { IdentifiedConnections } from '../tokens/identifiedConnections';
import { TokenRepository } from '../tokens/tokenRepository';
import { TokenWatch } from '../tokens/tokenWatch';
import { EntryRepository } from '../trees/entryRepository';
import { FolderRepository } from '../trees/folderRepository';
import { TreeAdministration } from '../trees/treeAdministration';
import { TreeRepository } from '../trees/treeRepository';
import { UnusedContents } from '../trees/unusedContents';

export interface Environment {
  readonly database: Database;
  readonly dataFolder: string;
  readonly rsync: string;
  readonly log: Logger;
  readonly version: string;
  readonly now?: () => Date;
  readonly newId?: () => string;
  readonly runLimits?: Partial<RunLimits>;
  readonly runTurnLimits?: Partial<RunTurnLimits>;
  readonly maxBodyBytes?: number;
  /** The long responses that one token may receive at once. */
  readonly maxLongResponses?: number;
  readonly notices?: RevisionNotices;
  readonly heartbeatMs?: number;
  readonly tokenCheckMs?: number;
  readonly space?: DiskSpaceOptions;
  readonly inboxLimits?: Partial<InboxLimits>;
  readonly paceLimits?: Partial<PaceLimits>;
  readonly uploadHeartbeatMs?: number;
}

const defaultMaxBodyBytes = 256 << 20;
/** Many proxies cut a connection after a minute without data. */
const defaultHeartbeatMs = 15_000;
const defaultTokenCheckMs = 500;

/** The dependencies of all routes. */
export type Services = ReturnType<typeof createServices>;

export function createServices({ database, dataFolder, rsync, log, version, ...injected }: Environment) {
  const now = injected.now ?? (() => new Date());
  const limits = { ...defaultRunLimits, ...injected.runLimits };
  const sessions = new SessionStore(join(dataFolder, 'sessions'), now);
  const activity = new SessionActivity(limits.closeGraceMs, now);
  const { contents, objects, inboxVerifiers, packInboxes } = contentsOf(dataFolder, database, sessions);
  const reserve = new Reserve(dataFolder);
  const space = new DiskSpace(dataFolder, injected.space);
  const inboxLimits = { ...defaultInboxLimits, ...injected.inboxLimits };
  const inboxGuard = new InboxGuard({ sessions, activity, objects, space, log }, inboxLimits);
  sessions.onRemoved((id) => inboxGuard.forget(id));
  const entries = new EntryRepository(database);
  const tokens = new TokenRepository(database, now);
  const revisions = new RevisionRepository(database);
  const notices = injected.notices ?? new LocalNotices();
  const pins = new ContentPins();
  const unused = new UnusedContents({ entries, contents, pins });
  const uploaded = new UploadedObjects({ sessions, pins, unused, inboxVerifiers, packInboxes });
  const tokenWatch = new TokenWatch(tokens, {
    checkMs: injected.tokenCheckMs ?? defaultTokenCheckMs,
    onChecked: (revoked) => removeRevokedSessions({ sessions, uploaded, activity }, revoked, log),
    log,
  });
  const observers = [inboxVerifiers, packInboxes, inboxGuard];
  const turns = turnsOf(injected);
  return {
    log,
    version,
    now,
    newId: injected.newId ?? (() => randomBytes(16).toString('hex')),
    newPassword: () => randomBytes(24).toString('base64url'),
    maxBodyBytes: injected.maxBodyBytes ?? defaultMaxBodyBytes,
    ...turns,
    tokens,
    tokenWatch,
    connections: new IdentifiedConnections(),
    trees: new TreeRepository(database, now),
    ...maintenanceOf({ database, dataFolder, sessions, contents, unused, pins, reserve, space, now }),
    folders: new FolderRepository(database, now),
    entries,
    revisions,
    notices,
    streams: new RevisionStreams(revisions, notices, injected.heartbeatMs ?? defaultHeartbeatMs),
    pushes: new PushRepository(database, now),
    objects,
    pins,
    unused,
    contents,
    inboxVerifiers,
    packInboxes,
    inboxGuard,
    space,
    reserve,
    uploaded,
    sessions,
    activity,
    ...httpOf({ activity, turns: turns.runTurns, observers }, injected),
    rsyncRuns: new RsyncRuns({ sessions, activity, tokenWatch, observers }, rsync, limits),
  };
}

function contentsOf(dataFolder: string, database: Database, sessions: SessionStore) {
  const contents = openContents(dataFolder, database);
  const { objects, packs } = contents;
  return {
    contents,
    objects,
    inboxVerifiers: new InboxVerifiers(objects),
    packInboxes: new PackInboxes(packs, sessions),
  };
}

function maintenanceOf(deps: GarbageCollectorDeps) {
  return {
    treeAdministration: new TreeAdministration(deps.database, deps.now),
    garbage: new GarbageCollector(deps),
    retention: new Retention(deps),
    /** Work that reads or removes many contents runs one at a time. */
    objectWork: new NamedTurn(),
  };
}

/** The transfers of files by HTTP. */
function httpOf(
  deps: ConstructorParameters<typeof HttpRuns>[0],
  { paceLimits, uploadHeartbeatMs }: Pick<Environment, 'paceLimits' | 'uploadHeartbeatMs'>,
) {
  return { paceLimits: { ...defaultPaceLimits, ...paceLimits }, uploadHeartbeatMs, httpRuns: new HttpRuns(deps) };
}

/** The requests and runs of a token that wait for others of the same token. */
function turnsOf({ maxLongResponses, runTurnLimits }: Pick<Environment, 'maxLongResponses' | 'runTurnLimits'>) {
  return {
    longRequests: new LongRequests(),
    longCommits: new LongRequests(),
    longResponses: new LongResponses(maxLongResponses),
    runTurns: new RunTurns({ ...defaultRunTurnLimits, ...runTurnLimits }),
  };
}
