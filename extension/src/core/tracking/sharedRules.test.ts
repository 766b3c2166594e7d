import { describe, expect, it } from 'vitest';
import { machineSettings, parseSharedSettings } from './sharedRules';

describe('the shared settings', () => {
  it('have patterns and whether texts are merged', () => {
    const { settings, fault } = parseSharedSettings(
      '\uFEFF{"$schema": "x", "exclude": ["*.log"], "autoMerge": false}\n',
    );
    expect(fault).toBeUndefined();
    expect(settings).toEqual({ exclude: ['*.log'], autoMerge: false, machineKeys: [], unknownKeys: [] });
  });

  it('are empty in an empty file', () => {
    expect(parseSharedSettings(' \n')).toMatchObject({ settings: { exclude: [], autoMerge: undefined } });
  });

  it('ignore what only a machine can set, and what is no setting', () => {
    const text = JSON.stringify({ serverUrl: 'https://evil.example', pushOn: 'change', excludes: [], exclude: ['a'] });
    expect(parseSharedSettings(text)).toEqual({
      settings: {
        exclude: ['a'],
        autoMerge: undefined,
        machineKeys: ['serverUrl', 'pushOn'],
        unknownKeys: ['excludes'],
      },
    });
    expect(machineSettings.has('transport')).toBe(true);
  });

  it.each([
    ['{"exclude": ["a"', 'shared-not-json'],
    ['<<<<<<< mine\n{}\n', 'shared-not-json'],
    ['["*.log"]', 'shared-not-an-object'],
    ['null', 'shared-not-an-object'],
    ['{"exclude": "*.log"}', 'shared-exclude'],
    ['{"exclude": {"*.log": true}}', 'shared-exclude'],
    ['{"exclude": ["*.log", 1]}', 'shared-exclude'],
    ['{"exclude": [" "]}', 'shared-exclude'],
    ['{"exclude": ["a\\nb"]}', 'shared-exclude'],
  ])('%s are unknown', (text, reason) => {
    expect(parseSharedSettings(text)).toEqual({ settings: undefined, fault: { reason } });
  });

  it('keep their patterns if another setting is wrong', () => {
    expect(parseSharedSettings('{"exclude": ["a"], "autoMerge": "no"}')).toMatchObject({
      settings: { exclude: ['a'], autoMerge: undefined },
      fault: { reason: 'setting-not-boolean', with: 'autoMerge' },
    });
  });
});
