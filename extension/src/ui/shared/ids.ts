import { defaultExclude } from '../../core/tracking/excludeSetting';

/** All commands by name. A test compares the tables of this file with package.json, both ways. */
export const commandIds = {
  connect: 'palmtree.connect',
  disconnect: 'palmtree.disconnect',
  track: 'palmtree.track',
  trackFiles: 'palmtree.trackFiles',
  untrack: 'palmtree.untrack',
  openSharedRules: 'palmtree.openSharedRules',
  addToIgnore: 'palmtree.addToIgnore',
  push: 'palmtree.push',
  pushForce: 'palmtree.pushForce',
  pull: 'palmtree.pull',
  pullHeld: 'palmtree.pullHeld',
  sync: 'palmtree.sync',
  syncSelected: 'palmtree.syncSelected',
  pushWithMessage: 'palmtree.pushWithMessage',
  pushSelected: 'palmtree.pushSelected',
  pullSelected: 'palmtree.pullSelected',
  discard: 'palmtree.discard',
  pushInput: 'palmtree.pushInput',
  openChange: 'palmtree.openChange',
  openChanges: 'palmtree.openChanges',
  openFile: 'palmtree.openFile',
  review: 'palmtree.review',
  reviewPush: 'palmtree.reviewPush',
  reviewPull: 'palmtree.reviewPull',
  reviewSync: 'palmtree.reviewSync',
  reviewRefresh: 'palmtree.reviewRefresh',
  reviewClose: 'palmtree.reviewClose',
  reviewFilter: 'palmtree.reviewFilter',
  reviewShowAll: 'palmtree.reviewShowAll',
  toggleChecked: 'palmtree.toggleChecked',
  compare: 'palmtree.compare',
  merge: 'palmtree.merge',
  completeMerge: 'palmtree.completeMerge',
  abortMerge: 'palmtree.abortMerge',
  keepMine: 'palmtree.keepMine',
  takeTheirs: 'palmtree.takeTheirs',
  keepBoth: 'palmtree.keepBoth',
  resolveAll: 'palmtree.resolveAll',
  showConflicts: 'palmtree.showConflicts',
  openOnServer: 'palmtree.openOnServer',
  bringHere: 'palmtree.bringHere',
  leaveOutHere: 'palmtree.leaveOutHere',
  findOnServer: 'palmtree.findOnServer',
  chooseFiles: 'palmtree.chooseFiles',
  pullChosen: 'palmtree.pullChosen',
  cancelChoice: 'palmtree.cancelChoice',
  rescan: 'palmtree.rescan',
  tryAgain: 'palmtree.tryAgain',
  createTree: 'palmtree.createTree',
  history: 'palmtree.history',
  showFileHistory: 'palmtree.showFileHistory',
  refreshHistory: 'palmtree.refreshHistory',
  moreHistory: 'palmtree.moreHistory',
  compareVersion: 'palmtree.compareVersion',
  compareVersionBefore: 'palmtree.compareVersionBefore',
  openVersion: 'palmtree.openVersion',
  restoreVersion: 'palmtree.restoreVersion',
  restoreFrom: 'palmtree.restoreFrom',
  compareWith: 'palmtree.compareWith',
  copyVersionLink: 'palmtree.copyVersionLink',
  compareRevision: 'palmtree.compareRevision',
  compareSynced: 'palmtree.compareSynced',
  undoPush: 'palmtree.undoPush',
  undoPull: 'palmtree.undoPull',
  showBackups: 'palmtree.showBackups',
  deleteBackups: 'palmtree.deleteBackups',
  doctor: 'palmtree.doctor',
  pauseAutomation: 'palmtree.pauseAutomation',
  resumeAutomation: 'palmtree.resumeAutomation',
  showLog: 'palmtree.showLog',
  showTerminal: 'palmtree.showTerminal',
} as const;

export type CommandName = keyof typeof commandIds;

/** The section of all settings. */
export const section = 'palmtree';

/** All settings with their defaults, which give their types. */
export const settingDefaults = {
  serverUrl: '',
  tree: '',
  exclude: defaultExclude,
  respectGitignore: false as boolean,
  modes: 'auto' as 'auto' | 'keep' | 'ignore',
  autoMerge: true as boolean,
  scm: true as boolean,
  reviewBefore: 'never' as 'never' | 'conflicts' | 'always',
  'deletionGuard.share': 0.5 as number,
  'backups.maxAgeDays': 30 as number,
  'backups.maxSize': 1000 as number,
  rsyncPath: 'rsync',
  transport: 'auto' as 'auto' | 'rsync' | 'http',
  pushOn: 'manual' as 'manual' | 'save' | 'change',
  pullOn: 'manual' as 'manual' | 'change',
} as const;

export type SettingName = keyof typeof settingDefaults;

/** The context keys that `when` clauses in package.json read. */
export const contextKeys = {
  /** The folders have been opened once. Before that, the welcome text does not offer to connect. */
  ready: 'palmtree.ready',
  connected: 'palmtree.connected',
  tracking: 'palmtree.tracking',
  busy: 'palmtree.busy',
  conflicts: 'palmtree.conflicts',
  /** A connected folder pushes or pulls without being asked. */
  automated: 'palmtree.automated',
  /** The user has paused the automation of a folder. */
  paused: 'palmtree.paused',
  /** The URIs of the files with an active merge; undefined if there are none. */
  merging: 'palmtree.merging',
  /** Folders that contain tracked files, and files with their own rule. */
  trackedPaths: 'palmtree.trackedPaths',
  /** Folders that are tracked as a whole. */
  trackedFolders: 'palmtree.trackedFolders',
  /** Paths with a rule that untracks them. */
  untrackedPaths: 'palmtree.untrackedPaths',
  /** The user chooses the files of a first pull. */
  choosing: 'palmtree.choosing',
  /** The review is open. */
  reviewing: 'palmtree.reviewing',
  /** The review shows one kind of changes only. */
  planFiltered: 'palmtree.planFiltered',
  /** The review shows paths to push. */
  planPushes: 'palmtree.planPushes',
  /** The review shows paths to pull. */
  planPulls: 'palmtree.planPulls',
} as const;

/** The colors that the manifest defines: where those of git are too dark on black, or too pale, high contrast has others. */
export const colorIds = {
  conflict: 'palmtree.conflictForeground',
  deleted: 'palmtree.deletedForeground',
  /** Of files on the server that are not on this machine. */
  absent: 'palmtree.absentForeground',
} as const;

/** The publisher and the name of the extension. */
export const extensionId = 'palmtree.palmtree-sync';

/** The scheme of documents with versions of files. */
export const serverScheme = 'palmtree';

export const trackedViewId = 'palmtree.tracked';
export const serverViewId = 'palmtree.server';
export const fileHistoryViewId = 'palmtree.fileHistory';
export const treeHistoryViewId = 'palmtree.treeHistory';

export const gitViewId = 'palmtree.git';

export const planViewId = 'palmtree.plan';
