import { parentPort, workerData } from 'node:worker_threads';
import type { Observation } from '../../core/observation';
import { parentOf } from '../../core/paths';
import { packObservations, unpackObservations } from '../entries/packedEntries';
import { asDiskError } from '../store/storeError';
import { failureOf } from '../threads/threadFailure';
import { mountModesProbe } from '../fs/disk/modesProbe';
import { mountNameRulesProbe } from '../fs/disk/nameRules';
import { diskProbe } from './disks/diskProbe';
import { OwnFolders } from './disks/ownFolders';
import { readSharedRules, withSharedRules } from './readSharedRules';
import { scan } from './scan';
import { helpScan } from './inspection/scanHelper';
import type { FromScanWorker, ScanHelperData, ScanWorkerData, SnapshotCheckerData, ToScanWorker } from './scanMessages';
import type { DiskTraits, ScanProgress } from './scannerPort';
import { SnapshotCache } from './snapshots/snapshotCache';
import { serveSnapshotChecks } from './snapshots/snapshotChecker';
import { stopCheck } from './stopCheck';

const progressEveryMs = 100;
/** Observations in one message, which the extension host unpacks in about a millisecond. */
const observationsPerMessage = 1_000;

interface WorkerState {
  readonly data: ScanWorkerData;
  readonly known: Map<string, Observation>;
  readonly snapshots: SnapshotCache;
  readonly ownFolders: OwnFolders;
  readonly probe: () => DiskTraits;
  /** Whether the disk that is mounted at a folder keeps permission bits. */
  readonly mountKeepsModes: (folder: string) => boolean;
  readonly mountNameRules: ReturnType<typeof mountNameRulesProbe>;
}

function serveScans(data: ScanWorkerData): void {
  const state = {
    data,
    known: new Map<string, Observation>(),
    snapshots: new SnapshotCache(data),
    ownFolders: new OwnFolders(data.ownFolders),
    probe: diskProbe(data.root),
    mountKeepsModes: mountModesProbe(),
    mountNameRules: mountNameRulesProbe(),
  };
  // One message after the other, so that observations do not change during a scan.
  let last: Promise<void> = Promise.resolve();
  parentPort?.on('message', (message: ToScanWorker) => {
    last = last.then(() => handle(state, message));
  });
}

async function handle(state: WorkerState, message: ToScanWorker): Promise<void> {
  switch (message.kind) {
    case 'update':
      return update(state, unpackObservations(message.observations), message.removed);
    case 'clear':
      state.snapshots.clear();
      return state.known.clear();
    case 'probe':
      return probe(state, message.id);
    case 'scan':
      return handleScan(state, message);
  }
}

function update(
  { known, snapshots }: WorkerState,
  observations: readonly Observation[],
  removed: readonly string[],
): void {
  for (const path of removed) known.delete(path);
  for (const observation of observations) known.set(observation.path, observation);
  snapshots.invalidate(removed);
  snapshots.invalidate(observations.map(({ path }) => path));
}

function probe({ probe: traitsOfDisk }: WorkerState, id: number): void {
  try {
    post({ kind: 'probed', id, traits: traitsOfDisk() });
  } catch (error) {
    post({ kind: 'failed', id, ...failureOf(asDiskError(error), 'scan_failed') });
  }
}

async function handleScan(state: WorkerState, { id, request, stop }: ToScanWorker & { kind: 'scan' }): Promise<void> {
  const { known, snapshots, mountNameRules } = state;
  const throwIfStopped = stopCheck(stop);
  let reportedAt = performance.now();
  const onProgress = (progress: ScanProgress): void => {
    throwIfStopped();
    const now = performance.now();
    if (now - reportedAt < progressEveryMs) return;
    reportedAt = now;
    post({ kind: 'progress', id, progress });
  };
  try {
    onProgress({ files: 0, hashedBytes: 0 });
    const { only, verify } = request;
    const shared = readSharedRules(state.data.root, request);
    const scope = withSharedRules(request.scope, shared);
    // A .gitignore can change which paths are included in folders other than its own, so snapshots do not work with it.
    const usesSnapshots = only === undefined && verify !== true && !scope.respectGitignore;
    const onFiles = (files: number): void => onProgress({ files, hashedBytes: 0 });
    const scoped = { ...request, scope };
    const unchanged = usesSnapshots ? await snapshots.findUnchanged(scoped, known, stop, onFiles) : undefined;
    const mountKeepsModes = request.probesMounts === true ? state.mountKeepsModes : undefined;
    const own = await foundFolders(state);
    const outcome = await scan({
      ...own,
      ...scoped,
      shared,
      known,
      unchanged,
      stop,
      onProgress,
      mountKeepsModes,
      mountNameRules,
    });
    const { changed, listings, ...result } = outcome;
    update(state, [], result.removed);
    postChanged(state, id, changed);
    const { silent } = state.ownFolders;
    post({ kind: 'done', id, result: silent === undefined ? result : { ...result, silentFolder: silent } });
    const foldersWithProblems = new Set(result.problems.map(({ path }) => parentOf(path)));
    if (usesSnapshots) snapshots.update(listings, known, (folder) => foldersWithProblems.has(folder));
  } catch (error) {
    post({ kind: 'failed', id, ...failureOf(asDiskError(error), 'scan_failed') });
  }
}

/** The start data with the own folders that were found. The scan must not touch a storage whose disk does not respond. */
async function foundFolders({ data, ownFolders }: WorkerState) {
  const { root, script, storage } = data;
  const found = await ownFolders.find();
  const isUsable = storage !== undefined && ownFolders.responds(storage);
  return { root, script, storage: isUsable ? storage : undefined, ownFolders: found };
}

function postChanged(state: WorkerState, id: number, changed: readonly Observation[]): void {
  for (let start = 0; start < changed.length; start += observationsPerMessage) {
    const packed = packObservations(changed.slice(start, start + observationsPerMessage));
    // From now on both threads read the same packed bytes.
    update(state, unpackObservations(packed), []);
    post({ kind: 'changed', id, observations: packed });
  }
}

function post(message: FromScanWorker): void {
  parentPort?.postMessage(message);
}

const data = workerData as ScanWorkerData | ScanHelperData | SnapshotCheckerData;
switch (data.role) {
  case 'worker':
    serveScans(data);
    break;
  case 'helper':
    helpScan(data);
    break;
  case 'checker':
    serveSnapshotChecks(data);
    break;
}
