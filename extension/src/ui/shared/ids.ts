/** Every command and setting by name; a test holds this table against package.json both ways. */
export const commandIds = {
  connect: 'palmtree.connect',
  disconnect: 'palmtree.disconnect',
  track: 'palmtree.track',
  untrack: 'palmtree.untrack',
  push: 'palmtree.push',
  pushForce: 'palmtree.pushForce',
  pull: 'palmtree.pull',
  sync: 'palmtree.sync',
  pushWithMessage: 'palmtree.pushWithMessage',
  review: 'palmtree.review',
  reviewPush: 'palmtree.reviewPush',
  reviewPull: 'palmtree.reviewPull',
  reviewSync: 'palmtree.reviewSync',
  reviewRefresh: 'palmtree.reviewRefresh',
  reviewClose: 'palmtree.reviewClose',
  compare: 'palmtree.compare',
  merge: 'palmtree.merge',
  completeMerge: 'palmtree.completeMerge',
  keepMine: 'palmtree.keepMine',
  takeTheirs: 'palmtree.takeTheirs',
  keepBoth: 'palmtree.keepBoth',
  resolveAll: 'palmtree.resolveAll',
  showConflicts: 'palmtree.showConflicts',
  rescan: 'palmtree.rescan',
  history: 'palmtree.history',
  showFileHistory: 'palmtree.showFileHistory',
  refreshHistory: 'palmtree.refreshHistory',
  moreHistory: 'palmtree.moreHistory',
  compareVersion: 'palmtree.compareVersion',
  compareVersionBefore: 'palmtree.compareVersionBefore',
  openVersion: 'palmtree.openVersion',
  restoreVersion: 'palmtree.restoreVersion',
  restoreFrom: 'palmtree.restoreFrom',
  compareRevision: 'palmtree.compareRevision',
  compareSynced: 'palmtree.compareSynced',
  undoPush: 'palmtree.undoPush',
  undoPull: 'palmtree.undoPull',
  showBackups: 'palmtree.showBackups',
  showLog: 'palmtree.showLog',
  showTerminal: 'palmtree.showTerminal',
} as const;

export type CommandName = keyof typeof commandIds;

/** Defaults as the manifest states them, and so the types. */
export const settingDefaults = {
  serverUrl: '',
  tree: '',
  exclude: ['.git', 'node_modules'] as readonly string[],
  respectGitignore: false as boolean,
  autoMerge: true as boolean,
  quickDiff: true as boolean,
  reviewBefore: 'never' as 'never' | 'conflicts' | 'always',
  'deletionGuard.share': 0.5 as number,
  rsyncPath: 'rsync',
  pushOnSave: 'off' as 'off' | 'afterDelay',
  pullOn: 'manual' as 'manual' | 'change',
} as const;

export type SettingName = keyof typeof settingDefaults;

/** `when` clauses in package.json read these. */
export const contextKeys = {
  /** The first look at the folders is done, so that the welcome view knows what to say. */
  ready: 'palmtree.ready',
  connected: 'palmtree.connected',
  tracking: 'palmtree.tracking',
  busy: 'palmtree.busy',
  conflicts: 'palmtree.conflicts',
  /** The files whose merge has begun. */
  merging: 'palmtree.merging',
  /** The folders that hold tracked files, and the files that are tracked by their own name, by path. */
  trackedPaths: 'palmtree.trackedPaths',
  /** The folders whose files are tracked with them, by path. */
  trackedFolders: 'palmtree.trackedFolders',
  /** What is left out by its own name, by path. */
  leftPaths: 'palmtree.leftPaths',
  /** A plan is shown; it has paths to push, to pull. */
  reviewing: 'palmtree.reviewing',
  planPushes: 'palmtree.planPushes',
  planPulls: 'palmtree.planPulls',
} as const;

/** Documents of this scheme show what the server has. */
export const serverScheme = 'palmtree';

export const viewId = 'palmtree.tracked';
export const fileHistoryViewId = 'palmtree.fileHistory';
export const treeHistoryViewId = 'palmtree.treeHistory';

export const planViewId = 'palmtree.plan';
