import { excludedPatterns } from '../../core/tracking/excludeSetting';
import type { SettingName } from './ids';

/** The values of one setting, as VS Code's `inspect` returns them. */
export interface SettingValues {
  readonly defaultValue?: unknown;
  readonly globalValue?: unknown;
  readonly workspaceValue?: unknown;
  readonly workspaceFolderValue?: unknown;
}

/** The settings files that Palmtree syncs: what they hold may have come from another machine. */
export interface SharedFiles {
  readonly workspace: boolean;
  readonly folder: boolean;
}

/**
 * Settings that move files by themselves, or that decide what is safe. VS Code lets a workspace set them, which a pull could
 * then do too.
 */
const guarded: ReadonlySet<SettingName> = new Set([
  'serverUrl',
  'tree',
  'pullOn',
  'pushOnSave',
  'reviewBefore',
  'autoMerge',
]);

/**
 * The value of a setting as far as it was set on this machine; `merged` is VS Code's own.
 * Invariant: a settings file that Palmtree syncs can exclude more files, but it can neither exclude fewer nor set a guarded
 * setting.
 */
export function ownSetting(name: SettingName, merged: unknown, values: SettingValues, shared: SharedFiles): unknown {
  if (!shared.workspace && !shared.folder) return merged;
  const isMore = name === 'exclude' || name === 'respectGitignore';
  if (!isMore && !guarded.has(name)) return merged;
  const own = [
    values.defaultValue,
    values.globalValue,
    ...(shared.workspace ? [] : [values.workspaceValue]),
    ...(shared.folder ? [] : [values.workspaceFolderValue]),
  ].filter((value) => value !== undefined);
  if (name === 'exclude') return excludeSetting(own, merged);
  if (name === 'respectGitignore') return own.at(-1) === true || merged === true;
  return own.at(-1);
}

/** The own values, merged as VS Code merges objects, and all patterns that any file excludes. */
function excludeSetting(own: readonly unknown[], merged: unknown): Record<string, unknown> {
  const objects = own.filter((value) => typeof value === 'object' && value !== null && !Array.isArray(value));
  const others = own.filter((value) => !objects.includes(value));
  const added = [merged, ...others].flatMap(excludedPatterns);
  return {
    ...(Object.assign({}, ...objects) as Record<string, unknown>),
    ...Object.fromEntries(added.map((p) => [p, true])),
  };
}
