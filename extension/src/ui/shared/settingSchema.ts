import { l10n } from 'vscode';
import { isExcludeSetting } from '../../core/tracking/excludeSetting';
import { commaList, formatNumber, quoted, withDetail } from '../../messages/format';
import { settingDefaults, type SettingName } from './ids';

/** The part of a setting's JSON schema that its values are checked against. A test compares it with package.json. */
export interface SettingSchema {
  readonly type: 'string' | 'boolean' | 'number' | 'object';
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
}

export const settingSchemas: Readonly<Record<SettingName, SettingSchema>> = {
  serverUrl: { type: 'string' },
  tree: { type: 'string' },
  exclude: { type: 'object' },
  respectGitignore: { type: 'boolean' },
  modes: { type: 'string', enum: ['auto', 'keep', 'ignore'] },
  autoMerge: { type: 'boolean' },
  scm: { type: 'boolean' },
  reviewBefore: { type: 'string', enum: ['never', 'conflicts', 'always'] },
  'deletionGuard.share': { type: 'number', minimum: 0, maximum: 1 },
  'backups.maxAgeDays': { type: 'number', minimum: 1 },
  'backups.maxSize': { type: 'number', minimum: 1 },
  rsyncPath: { type: 'string' },
  transport: { type: 'string', enum: ['auto', 'rsync', 'http'] },
  pushOn: { type: 'string', enum: ['manual', 'save', 'change'] },
  pullOn: { type: 'string', enum: ['manual', 'change'] },
};

/** Whether `value`, which a user may have written into a file, is one that the setting can have. */
export function isValidSetting(name: SettingName, value: unknown): boolean {
  if (name === 'exclude') return isExcludeSetting(value);
  const { type, enum: options, minimum = -Infinity, maximum = Infinity } = settingSchemas[name];
  if (typeof value !== type) return false;
  if (typeof value === 'number') return value >= minimum && value <= maximum;
  return options === undefined || options.includes(value as string);
}

/** The value that is used in place of one that the setting cannot have: the default, or the one that pushes less. */
export function settingFallback<N extends SettingName>(name: N): (typeof settingDefaults)[N] {
  const fallback = name === 'respectGitignore' ? true : settingDefaults[name];
  return fallback as (typeof settingDefaults)[N];
}

/** A setting with the values that it accepts, for a list: `palmtree.modes (one of "auto", "keep", "ignore")`. */
export function expectedSetting(name: SettingName): string {
  return withDetail(`palmtree.${name}`, expectation(name));
}

function expectation(name: SettingName): string {
  const { type, enum: options, minimum, maximum } = settingSchemas[name];
  if (options !== undefined) return l10n.t('one of {0}', commaList(options.map(quoted)));
  switch (type) {
    case 'string':
      return l10n.t('a string');
    case 'boolean':
      return l10n.t('true or false');
    case 'object':
      return l10n.t('an object such as {0}', '{ "*.log": true }');
    case 'number':
      return maximum === undefined
        ? l10n.t('a number of at least {0}', formatNumber(minimum ?? 0))
        : l10n.t('a number from {0} to {1}', formatNumber(minimum ?? 0), formatNumber(maximum));
  }
}
