/** Every command and setting by name; a test holds this table against package.json both ways. */
export const commandIds = {
  connect: 'palmtree.connect',
  disconnect: 'palmtree.disconnect',
  track: 'palmtree.track',
  untrack: 'palmtree.untrack',
  push: 'palmtree.push',
  pushForce: 'palmtree.pushForce',
  pull: 'palmtree.pull',
  compare: 'palmtree.compare',
  keepMine: 'palmtree.keepMine',
  takeTheirs: 'palmtree.takeTheirs',
  keepBoth: 'palmtree.keepBoth',
  rescan: 'palmtree.rescan',
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
  rsyncPath: 'rsync',
} as const;

export type SettingName = keyof typeof settingDefaults;

/** `when` clauses in package.json read these. */
export const contextKeys = {
  /** The first look at the folders is done, so that the welcome view knows what to say. */
  ready: 'palmtree.ready',
  connected: 'palmtree.connected',
  tracking: 'palmtree.tracking',
  busy: 'palmtree.busy',
} as const;

/** Documents of this scheme show what the server has. */
export const serverScheme = 'palmtree';

export const viewId = 'palmtree.tracked';
