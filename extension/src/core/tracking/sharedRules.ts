import { parsedJson } from '../parsedJson';
import type { Problem, SharedFault } from '../problem';
import type { SharedFile } from '../sharedFiles';

/** The patterns that travel with the tree. */
export interface SharedExclude {
  /** The content of `.palmtreeignore`; empty if there is none. */
  readonly ignore: string;
  /** The patterns of `exclude` in `.palmtree.json`. */
  readonly exclude: readonly string[];
}

/** The settings in `.palmtree.json`. */
export interface SharedSettings {
  readonly exclude: readonly string[];
  /** Undefined if the file does not set it. */
  readonly autoMerge: boolean | undefined;
  /** Keys of settings that only a machine can set for itself. They are ignored. */
  readonly machineKeys: readonly string[];
  /** Keys that are no settings. They are ignored. */
  readonly unknownKeys: readonly string[];
}

export interface SharedRules extends SharedSettings, SharedExclude {}

/** A path that the shared rules exclude, with the file that does. */
export interface SharedlyExcluded {
  readonly path: string;
  readonly by: SharedFile;
}

export const noSharedSettings: SharedSettings = { exclude: [], autoMerge: undefined, machineKeys: [], unknownKeys: [] };

/** Settings that name servers, move files by themselves, run programs, or decide what is safe on a machine. */
export const machineSettings: ReadonlySet<string> = new Set([
  'serverUrl',
  'tree',
  'respectGitignore',
  'modes',
  'pushOn',
  'pullOn',
  'reviewBefore',
  'deletionGuard.share',
  'backups.maxAgeDays',
  'backups.maxSize',
  'scm',
  'rsyncPath',
  'transport',
]);

export interface ParsedSettings {
  /** Undefined if the patterns are unknown, so that nothing may be synced. */
  readonly settings: SharedSettings | undefined;
  readonly fault?: Pick<Problem, 'with'> & { readonly reason: SharedFault | 'setting-not-boolean' };
}

/** Reads the text of `.palmtree.json`. A fault in `autoMerge` leaves the patterns in force. */
export function parseSharedSettings(text: string): ParsedSettings {
  const trimmed = text.replace(/^\uFEFF/, '').trim();
  if (trimmed === '') return { settings: noSharedSettings };
  const value = parsedJson(trimmed);
  if (value === undefined) return { settings: undefined, fault: { reason: 'shared-not-json' } };
  if (!isObject(value)) return { settings: undefined, fault: { reason: 'shared-not-an-object' } };
  const { exclude = [], autoMerge, $schema: _, ...others } = value;
  if (!isPatternList(exclude)) return { settings: undefined, fault: { reason: 'shared-exclude' } };
  const keys = Object.keys(others);
  const settings = {
    exclude,
    autoMerge: typeof autoMerge === 'boolean' ? autoMerge : undefined,
    machineKeys: keys.filter((key) => machineSettings.has(key)),
    unknownKeys: keys.filter((key) => !machineSettings.has(key)),
  };
  if (autoMerge === undefined || typeof autoMerge === 'boolean') return { settings };
  return { settings, fault: { reason: 'setting-not-boolean', with: 'autoMerge' } };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether each item is one line of gitignore patterns. */
function isPatternList(value: unknown): value is readonly string[] {
  return (
    Array.isArray(value) &&
    value.every((item) => typeof item === 'string' && item.trim() !== '' && !/[\r\n\0]/.test(item))
  );
}
