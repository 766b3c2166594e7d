import { describe, expect, it } from 'vitest';
import { machineSettings } from '../../core/tracking/sharedRules';
import { settingDefaults, type SettingName } from './ids';
import { expectedSetting, isValidSetting, settingFallback, settingSchemas } from './settingSchema';

const names = Object.keys(settingSchemas) as SettingName[];

describe('the value of a setting', () => {
  it.each(names)('of %s is valid by default, and invalid with any other type', (name) => {
    expect(isValidSetting(name, settingDefaults[name])).toBe(true);
    const ofEachType = ['some text', 7, true, { a: 1 }, ['a'], null, undefined];
    const { type } = settingSchemas[name];
    const others = ofEachType.filter((value) => typeof value !== type || value === null || Array.isArray(value));
    for (const value of others) expect(isValidSetting(name, value)).toBe(false);
    expect(isValidSetting(name, settingFallback(name))).toBe(true);
  });

  it.each([
    ['modes', 'KEEP'],
    ['pullOn', ''],
    ['pushOn', 'always'],
    ['deletionGuard.share', 1.5],
    ['deletionGuard.share', -0.1],
    ['deletionGuard.share', Number.NaN],
    ['deletionGuard.share', '0.5'],
    ['backups.maxSize', 0],
    ['backups.maxAgeDays', -1],
    ['exclude', { '*.log': 'yes' }],
    ['tree', 2026],
  ] as const)('of %s cannot be %j', (name, value) => {
    expect(isValidSetting(name, value)).toBe(false);
  });

  it.each([
    ['deletionGuard.share', 0],
    ['deletionGuard.share', 1],
    ['backups.maxSize', 0.5 + 0.5],
    ['exclude', {}],
    ['exclude', { '*.log': false }],
    ['modes', 'ignore'],
  ] as const)('of %s can be %j', (name, value) => {
    expect(isValidSetting(name, value)).toBe(true);
  });
});

it('a .gitignore is respected while its setting is not valid, so that nothing is pushed that it excludes', () => {
  expect(settingFallback('respectGitignore')).toBe(true);
});

it('each setting says what its value has to be', () => {
  expect(expectedSetting('modes')).toBe('palmtree.modes (one of "auto", "keep", "ignore")');
  expect(expectedSetting('deletionGuard.share')).toBe('palmtree.deletionGuard.share (a number from 0 to 1)');
  expect(expectedSetting('backups.maxSize')).toBe('palmtree.backups.maxSize (a number of at least 1)');
  expect(expectedSetting('autoMerge')).toBe('palmtree.autoMerge (true or false)');
  expect(expectedSetting('tree')).toBe('palmtree.tree (a string)');
});

it('each setting is either shared with the tree or of one machine', () => {
  expect(names.filter((name) => !machineSettings.has(name)).sort()).toEqual(['autoMerge', 'exclude']);
  expect([...machineSettings].filter((name) => !names.some((one) => one === name))).toEqual([]);
});
