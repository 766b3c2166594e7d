import { describe, expect, it } from 'vitest';
import { stepSize } from '../../core/cooperativeTask';
import type { Entry } from '../../core/entry';
import type { Observation } from '../../core/observation';
import type { Rule } from '../../core/tracking/rule';
import { entry, linux, windows } from '../../core/testing/fixtures';
import { StoredMap } from '../../io/entries/storedMap';
import type { Scanner, ScanResult } from '../../io/scan/scannerPort';
import { AncestorState } from './ancestorState';
import { LocalIndex } from './localIndex';
import { PathStateCache } from './pathStateCache';
import { PullConsent } from './pullConsent';
import { Planner } from './planner';
import { TrackingRules } from './trackingRules';

const root = import.meta.dirname;

function observed(path: string, content: string): Observation {
  return { ...entry(path, content), dev: 1n, ino: 1n, ctimeNs: 1n, racy: false };
}

/** A folder in which everything is tracked, with a scanner that returns the given results in turn. */
function folder(nameRules = linux) {
  const results: Partial<ScanResult>[] = [];
  const scanner: Scanner = {
    probe: () => Promise.resolve({ identity: '1 1', keepsModes: true, nameRules }),
    scan: () =>
      Promise.resolve({
        changed: [],
        removed: [],
        problems: [],
        mounts: new Map(),
        modelessMounts: [],
        mountNameRules: new Map(),
        folderMasks: new Map(),
        gitignores: new Map(),
        ownFolders: [],
        obeyedLinks: [],
        ...results.shift(),
      }),
    update: () => undefined,
    reset: () => undefined,
    dispose: () => Promise.resolve(),
  };
  const observations = new StoredMap<Observation>();
  const local = new LocalIndex({
    root,
    stored: { observations, mounts: new Map() },
    scanner,
    nameRules: () => nameRules,
    modes: () => 'keep',
  });
  const settings = () => ({ exclude: [], respectGitignore: true });
  const rules = new TrackingRules({
    rules: new StoredMap<Rule>(),
    settings,
    gitignores: local.gitignores,
    shared: () => local.sharedRules,
    ownFolders: local.ownFolders,
  });
  rules.track('', 'folder');
  const stored = { otherWriters: [], heldAnswers: {} };
  const ancestor = new AncestorState({
    ...stored,
    revision: 1,
    syncedAt: undefined,
    revisionId: 'id-1',
    ancestor: new StoredMap<Entry>(),
    unappliedRemote: new StoredMap<Entry | null>(),
  });
  const consent = new PullConsent({ stored, rules });
  const planner = new Planner({ rules, local, ancestor, consent });
  const states = new PathStateCache({ rules, local, ancestor, consent, planner });
  const scan = (result: Partial<ScanResult>, only?: readonly string[]) => {
    results.push(result);
    return local.scan({ scope: rules.scope, ...(only === undefined ? {} : { only }) });
  };
  return { local, rules, ancestor, planner, states, scan };
}

describe('the links of this disk', () => {
  it('are found in steps between which other code runs, and the files to which they lead are held', async () => {
    const { local, planner, ancestor, scan } = folder();
    const files = Array.from({ length: 10 * stepSize }, (_, i) => observed(`n/${i}`, '1'));
    await scan({ changed: [...files, observed('.husky', '-> notes')], obeyedLinks: [] });
    expect([...local.leadingLinksSteps()].length).toBeGreaterThanOrEqual(10);
    ancestor.markSynced('notes/hook', entry('notes/hook', '1'));
    ancestor.restoreBase('notes/hook', null);
    const { held } = await planner.reconcile('known', { holds: new Set(['program']) });
    expect([...held.values()]).toMatchObject([{ path: 'notes/hook', through: '.husky/hook' }]);
  });

  it('may be many that a pull brings into the folder to which they lead, beside many files', async () => {
    const { planner, ancestor, scan } = folder();
    await scan({ obeyedLinks: [{ path: '.husky', target: 'notes/l1/l2/hooks' }] });
    const links = Array.from({ length: 30 }, (_, i) => entry(`notes/l${i}`, '-> .'));
    const files = Array.from({ length: 1000 }, (_, i) => entry(`notes/${i}`, '1'));
    for (const to of [...links, ...files, entry('notes/hooks/pre-commit', '1')]) {
      ancestor.markSynced(to.path, to);
      ancestor.restoreBase(to.path, null);
    }
    const { held, plan } = await planner.reconcile('known', { holds: new Set(['program']) });
    expect([...held.values()]).toMatchObject([{ path: 'notes/hooks/pre-commit', through: '.husky/pre-commit' }]);
    expect(plan.downloads).toHaveLength(1030);
  });
});

describe('the cached path states', () => {
  it('are computed again only after a change', async () => {
    const { states, ancestor, scan } = folder();
    await scan({ changed: [observed('a', '1'), observed('b', '1')] });
    const first = await states.current();
    expect([...first.states]).toEqual([
      ['a', 'added'],
      ['b', 'added'],
    ]);
    await scan({});
    expect(await states.current()).toBe(first);
    ancestor.markSynced('a', entry('a', '1'));
    expect([...(await states.current()).states]).toEqual([['b', 'added']]);
  });

  it('have the problems of the scans, until a scan no longer finds them', async () => {
    const { states, scan } = folder();
    const effect = await scan({ problems: [{ path: 'a', reason: 'unreadable' }] });
    expect(effect.isComplete).toBe(false);
    const { states: byPath, problems } = await states.current();
    expect([[...byPath], [...problems.keys()]]).toEqual([[['a', 'problem']], ['a']]);
    await scan({}, ['a']);
    expect((await states.current()).problems.size).toBe(0);
  });

  it('have the problems of the plan, which the planner itself does not keep', async () => {
    const { states, planner, local, ancestor } = folder(windows);
    ancestor.markSynced('nul', entry('nul', '1'));
    ancestor.restoreBase('nul', null);
    const { plan, problems, unrepresentable } = await planner.reconcile('known');
    expect([plan.downloads, [...problems.keys()], [...unrepresentable]]).toEqual([[], ['nul'], ['nul']]);
    expect(local.problems.size).toBe(0);
    expect((await states.current()).problems.get('nul')).toMatchObject({ path: 'nul' });
  });

  it('are computed from the changed paths alone after a partial scan', async () => {
    const { states, scan } = folder();
    await scan({ changed: [observed('a', '1'), observed('b', '1')] });
    const before = await states.current();
    const effect = await scan({ changed: [observed('c', '1')], removed: ['b'] }, ['b', 'c']);
    const after = await states.afterScan(before, effect);
    expect([...after.states.keys()].sort()).toEqual(['a', 'c']);
    expect(after.states).toEqual((await states.current()).states);
  });
});
