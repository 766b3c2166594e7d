import { describe, expect, it } from 'vitest';
import { excludedPatterns } from '../../core/tracking/excludeSetting';
import { isSetLocally, localSetting } from './localSetting';

const shared = { workspace: true, folder: true };
const local = { workspace: false, folder: false };

describe('a setting in a file that Palmtree syncs', () => {
  it.each([
    ['pullOn', 'manual', 'change'],
    ['pushOn', 'manual', 'save'],
    ['tree', '', 'theirs'],
    ['serverUrl', '', 'https://evil.example'],
    ['reviewBefore', 'always', 'never'],
  ] as const)('does not count for %s', (name, mine, theirs) => {
    const values = { defaultValue: mine, workspaceValue: theirs, workspaceFolderValue: theirs };
    expect(localSetting(name, theirs, values, shared)).toBe(mine);
    expect(localSetting(name, theirs, values, local)).toBe(theirs);
  });

  it('leaves the value that the user has set for this machine', () => {
    const values = { defaultValue: 'manual', globalValue: 'change', workspaceFolderValue: 'manual' };
    expect(localSetting('pullOn', 'manual', values, shared)).toBe('change');
  });

  it('excludes more files, but not fewer', () => {
    const values = {
      defaultValue: { '.git': true, '*~': true },
      globalValue: { '*.log': true, '*~': false },
      workspaceFolderValue: { '.git': false, '*.log': false, '*.bin': true },
    };
    const merged = { '.git': false, '*~': false, '*.log': false, '*.bin': true };
    expect(excludedPatterns(localSetting('exclude', merged, values, shared))).toEqual(['.git', '*.log', '*.bin']);
  });

  it('turns respectGitignore on, but not off', () => {
    expect(localSetting('respectGitignore', true, { defaultValue: false, workspaceValue: true }, shared)).toBe(true);
    const values = { defaultValue: false, globalValue: true, workspaceValue: false };
    expect(localSetting('respectGitignore', false, values, shared)).toBe(true);
  });

  it('counts for settings that are harmless', () => {
    expect(localSetting('scm', false, { defaultValue: true, workspaceValue: false }, shared)).toBe(false);
  });
});

it("a workspace's own file counts beside a folder's file that is synced", () => {
  const values = { defaultValue: 'manual', workspaceValue: 'change', workspaceFolderValue: 'manual' };
  expect(localSetting('pullOn', 'manual', values, { workspace: false, folder: true })).toBe('change');
});

describe('a value that was set on this machine', () => {
  it('is one of the user, or of a settings file that is not synced', () => {
    expect(isSetLocally({ defaultValue: true }, local)).toBe(false);
    expect(isSetLocally({ defaultValue: true, globalValue: false }, shared)).toBe(true);
    expect(isSetLocally({ workspaceValue: false, workspaceFolderValue: true }, shared)).toBe(false);
    expect(isSetLocally({ workspaceFolderValue: false }, local)).toBe(true);
  });
});
