import { excludedPatterns } from '../../core/tracking/excludeSetting';
import type { SettingName } from './ids';

/** The values of one setting, as VS Code's `inspect` returns them. */
export interface SettingValues {
  readonly defaultValue?: unknown;
  readonly globalValue?: unknown;
  readonly workspaceValue?: unknown;
  readonly workspaceFolderValue?: unknown;
}

/** Whether Palmtree syncs the settings file of the workspace, and that of the folder: then others may have written it. */
export interface SharedFiles {
  readonly workspace: boolean;
  readonly folder: boolean;
}

/**
 * Settings that move files by themselves, or that decide what is safe. VS Code lets a file in the workspace set them, and a
 * pull could write that file.
 */
const guarded: ReadonlySet<SettingName> = new Set([
  'serverUrl',
  'tree',
  'pullOn',
  'pushOn',
  'reviewBefore',
  'autoMerge',
]);

/**
 * The value of a setting as far as it was set on this machine; `merged` is VS Code's own.
 * Invariant: a settings file that Palmtree syncs can exclude more files, but it can neither exclude fewer nor set a guarded
 * setting.
 */
export function localSetting(name: SettingName, merged: unknown, values: SettingValues, shared: SharedFiles): unknown {
  if (!shared.workspace && !shared.folder) return merged;
  const isMore = name === 'exclude' || name === 'respectGitignore';
  if (!isMore && !guarded.has(name)) return merged;
  const local = [
    values.defaultValue,
    values.globalValue,
    ...(shared.workspace ? [] : [values.workspaceValue]),
    ...(shared.folder ? [] : [values.workspaceFolderValue]),
  ].filter((value) => value !== undefined);
  if (name === 'exclude') return excludeSetting(local, merged);
  if (name === 'respectGitignore') return local.at(-1) === true || merged === true;
  return local.at(-1);
}

/** Whether the setting has a value that was set on this machine. */
export function isSetLocally(values: SettingValues, shared: SharedFiles): boolean {
  const { globalValue, workspaceValue, workspaceFolderValue } = values;
  const local = [
    globalValue,
    ...(shared.workspace ? [] : [workspaceValue]),
    ...(shared.folder ? [] : [workspaceFolderValue]),
  ];
  return local.some((value) => value !== undefined);
}

/** The values set on this machine, merged as VS Code merges objects, and the patterns that any file excludes. */
function excludeSetting(local: readonly unknown[], merged: unknown): Record<string, unknown> {
  const objects = local.filter((value) => typeof value === 'object' && value !== null && !Array.isArray(value));
  const others = local.filter((value) => !objects.includes(value));
  const added = [merged, ...others].flatMap(excludedPatterns);
  return {
    ...(Object.assign({}, ...objects) as Record<string, unknown>),
    ...Object.fromEntries(added.map((p) => [p, true])),
  };
}
