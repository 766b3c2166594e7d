import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { withMode, type Observation } from '../../core/observation';
import { removeLeftovers } from '../fs/leftovers';
import { identityOfFolderSync, rootGone } from '../fs/rootFolder';
import type { Mounts } from '../store/folderIdentity';
import { checkDisks } from './disks/diskCheck';
import { FileClock } from './disks/fileClock';
import type { FolderSnapshot } from './snapshots/folderSnapshot';
import { findObeyedLinks } from './findObeyedLinks';
import { HelperTeam } from './inspection/helperTeam';
import type { InspectOptions } from './inspection/inspect';
import { inspectBatch, type BatchResult } from './inspection/inspectBatch';
import { InspectionQueue } from './inspection/inspectionQueue';
import type { FolderListing } from './listFolder';
import { MountTraits, type MountProbes } from './disks/mountTraits';
import { ownFolderTest, type OwnFolder } from './disks/ownFolders';
import { removedPaths } from './removedPaths';
import { ScanArea } from './scanArea';
import { ScanFindings } from './scanFindings';
import { readSharedRules, withSharedRules, type SharedRead } from './readSharedRules';
import type { ScanProgress, ScanResult, ScanScope } from './scannerPort';
import { ScanWalker } from './scanWalker';

const bufferBytes = 1 << 20;

export interface ScanOptions extends MountProbes {
  readonly root: string;
  /** A folder for the probe of the file system's clock. */
  readonly storage?: string | undefined;
  /** Palmtree's own folders, which are never synced. */
  readonly ownFolders?: readonly OwnFolder[] | undefined;
  readonly scope: ScanScope;
  readonly known: ReadonlyMap<string, Observation>;
  /** The shared rules, if they were read already. */
  readonly shared?: SharedRead | undefined;
  /** The paths of a partial scan. */
  readonly only?: readonly string[] | undefined;
  readonly verify?: boolean | undefined;
  /** The mounts that the last scan returned. */
  readonly mounts?: Mounts | undefined;
  readonly honorsModes: boolean;
  /** Snapshots of the folders that still match them, by path. */
  readonly unchanged?: ReadonlyMap<string, FolderSnapshot> | undefined;
  /** Called often; may throw to stop the scan. */
  readonly onProgress?: ((progress: ScanProgress) => void) | undefined;
  /** The bundled scan worker, which helper threads run. */
  readonly script: string;
  /** One 32-bit cell: anything but 0 stops the helper threads. */
  readonly stop: SharedArrayBuffer;
}

export interface ScanOutcome extends ScanResult {
  /** The folders that the scan listed. */
  readonly listings: readonly FolderListing[];
}

/**
 * Scans the workspace folder at `root`, and returns how it differs from `known`. This thread walks and inspects; if it
 * finds many files, helper threads inspect some of them. Throws root_gone, cancelled, scan_failed.
 */
export async function scan(options: ScanOptions): Promise<ScanOutcome> {
  const { root, known, only, unchanged = new Map(), shared = readSharedRules(root, options) } = options;
  const scope = withSharedRules(options.scope, shared);
  const identity = identityOfFolderSync(root);
  const clock = FileClock.read(root, options.storage);
  const area = new ScanArea(only, scope.respectGitignore);
  const queue = new InspectionQueue();
  const findings = new ScanFindings(options.onProgress, shared.problems);
  const inspectOptions = inspectOptionsOf(options, clock, findings);
  const { modelessDevices } = inspectOptions;
  const mounted = new MountTraits(root, options, modelessDevices);
  const record = (paths: readonly string[], result: BatchResult): void => {
    findings.addBatch(paths, result);
    for (const folder of result.folders) walker.walkReplacement(folder);
  };
  const team = new HelperTeam({ ...options, inspectOptions, queue, record, onHashed: inspectOptions.onBytes });
  const isOwnFolder = ownFolderTest(root, options.ownFolders ?? []);
  const walker = new ScanWalker({
    isOwnFolder,
    onMount: (folder, dev, identity) => {
      clock.readMounted(join(root, folder), dev);
      mounted.add(folder, dev, identity);
    },
    root,
    scope,
    area,
    unchanged,
    queue,
    findings,
    onFolder: () => team.assign(),
  });
  try {
    walker.walk();
    await inspectQueued(queue, team, (paths) => {
      const result = inspectBatch(paths, (path) => known.get(path), inspectOptions);
      record(paths, result);
      findings.report();
    });
  } finally {
    team.dispose();
  }
  // Invariant: a root that was removed or replaced during the scan must not make its files look deleted.
  if (identityOfFolderSync(root) !== identity) throw rootGone(root);
  for (const { folder, items } of walker.listings) removeLeftovers(join(root, folder), namesOf(items));
  const mounts = checkMounts(options, { walker, findings, area });
  const { changed } = findings;
  return {
    changed: withModesOfCopies(changed, known, ({ dev }) => !options.honorsModes || modelessDevices.has(dev)),
    mounts,
    modelessMounts: mounted.modeless,
    mountNameRules: mounted.nameRules,
    folderMasks: walker.masks,
    removed: removedPaths(known, findings, area, walker.selection),
    problems: findings.problems,
    gitignores: findings.gitignores,
    shared: shared.rules,
    ownFolders: [...findings.ownFolders],
    obeyedLinks: findObeyedLinks(root, scope.rules),
    listings: walker.listings,
  };
}

function* namesOf(items: readonly { readonly name: string }[]): Generator<string> {
  for (const { name } of items) yield name;
}

/** Adds the problems of folders whose disk is missing, and returns the mounts for the next scan. Throws root_gone. */
function checkMounts(
  { root, known, mounts: before = new Map() }: ScanOptions,
  { walker, findings, area }: { readonly walker: ScanWalker; readonly findings: ScanFindings; readonly area: ScanArea },
): Mounts {
  const { mounts, problems, isRootGone } = checkDisks({
    before,
    now: walker.mounts,
    wasRead: (folder) => walker.hasRead(folder),
    mayTrackBelow: (folder) => walker.selection.mayTrackBelow(folder),
    known,
    findings,
    area,
  });
  if (isRootGone) throw rootGone(root);
  for (const problem of problems) {
    findings.dropIn(problem.path);
    findings.addProblem(problem);
  }
  return mounts;
}

function inspectOptionsOf(
  { root, verify = false, honorsModes }: ScanOptions,
  clock: FileClock,
  findings: ScanFindings,
): InspectOptions & { readonly modelessDevices: Set<bigint>; readonly onFile: () => void } {
  return {
    root,
    realRoot: realpathSync.native(root),
    clock,
    verify,
    honorsModes,
    modelessDevices: new Set(),
    buffer: new Uint8Array(bufferBytes),
    onBytes: (bytes) => findings.addHashedBytes(bytes),
    onFile: () => findings.report(),
  };
}

/**
 * Gives each new file the narrowest mode of the known files with the same content. On a file system without modes, this
 * keeps the mode of a file that was renamed or copied, which may be a secret.
 */
function withModesOfCopies(
  changed: readonly Observation[],
  known: ReadonlyMap<string, Observation>,
  isModeless: (observation: Observation) => boolean,
): Observation[] {
  const isNew = (one: Observation): boolean =>
    one.kind === 'file' && one.size > 0 && !known.has(one.path) && isModeless(one);
  const modes = new Map<string, number | undefined>();
  for (const one of changed) if (isNew(one)) modes.set(one.hash, undefined);
  if (modes.size === 0) return [...changed];
  for (const { kind, hash, mode } of known.values()) {
    if (kind === 'file' && modes.has(hash)) modes.set(hash, (modes.get(hash) ?? 0o777) & mode);
  }
  return changed.map((one) => {
    const mode = isNew(one) ? modes.get(one.hash) : undefined;
    return mode === undefined ? one : withMode(one, mode);
  });
}

/** Inspects batches until the queue is empty and no helper is busy. */
async function inspectQueued(
  queue: InspectionQueue,
  team: HelperTeam,
  inspectHere: (paths: readonly string[]) => void,
): Promise<void> {
  for (;;) {
    team.assign();
    const batch = team.takeOwnBatch() ?? queue.take();
    if (batch.length > 0) inspectHere(batch);
    else if (team.isBusy) await team.nextResult();
    else return;
    team.throwIfFailed();
  }
}
