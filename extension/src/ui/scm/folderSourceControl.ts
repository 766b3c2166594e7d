import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { Conflict } from '../../core/change';
import { stepSize, type CooperativeTask } from '../../core/cooperativeTask';
import {
  changeGroupNames,
  changeGroupSteps,
  type ChangeGroup,
  type ChangeGroupName,
  type ChangeGroups,
  type GroupedPath,
} from '../../core/status/changeGroups';
import { sortedNaturally } from '../../core/paths';
import { runYielding } from '../../io/threads/yielding';
import { formatNumber } from '../../messages/format';
import { withoutIcons } from '../../messages/plainText';
import { QuickDiff } from '../documents/quickDiff';
import { commandIds } from '../shared/ids';
import type { MergeableConflicts } from '../views/mergeableConflicts';
import type { ActiveMerges } from '../workspace/activeMerges';
import { setSourceControlOwner } from '../workspace/sourceControlOwner';
import type { SyncedFolder } from '../workspace/workspaceFolders';
import { lookOf, Resource } from './resource';

/** The rows of a group. Each costs time in the extension host, and more in the window. */
const maxShown = 500;
/** The rows that are sent at once: 500 would block the extension host for some 30 ms. */
const maxAdded = 100;
/** VS Code sends all rows together that are set within 100 ms. */
const sendingMs = 120;
/** Folders change state in bursts. */
const debounceMs = 100;

const titles: Readonly<Record<ChangeGroupName, string>> = {
  conflicts: vscode.l10n.t('Conflicts'),
  push: vscode.l10n.t('To Push'),
  pull: vscode.l10n.t('To Pull'),
  problems: vscode.l10n.t('Problems'),
};

export interface SourceControlDeps {
  readonly merges: ActiveMerges;
  readonly mergeable: MergeableConflicts;
  readonly log: vscode.LogOutputChannel;
}

export interface SourceControlPlace {
  readonly label: string;
  readonly root: vscode.Uri | undefined;
}

/** The source control of one folder. */
export class FolderSourceControl implements vscode.Disposable {
  readonly #owner: SyncedFolder;
  readonly #deps: SourceControlDeps;
  readonly #control: vscode.SourceControl;
  readonly #groups: ReadonlyMap<ChangeGroupName, vscode.SourceControlResourceGroup>;
  readonly #quickDiff: QuickDiff;
  readonly #resources = new Map<ChangeGroupName, ReadonlyMap<string, Resource>>();
  #conflicts: ReadonlyMap<string, Conflict> = new Map();
  #timer: NodeJS.Timeout | undefined;
  #isRunning = false;
  #isDisposed = false;
  /** The states and merges that the rows show, or are being made from. */
  #shown: readonly unknown[] = [];

  constructor(owner: SyncedFolder, { label, root }: SourceControlPlace, deps: SourceControlDeps) {
    this.#owner = owner;
    this.#deps = deps;
    const control = (this.#control = vscode.scm.createSourceControl('palmtree', withoutIcons(label), root));
    control.acceptInputCommand = {
      command: commandIds.pushInput,
      title: vscode.l10n.t('Push'),
      arguments: [control],
    };
    setSourceControlOwner(control, owner);
    this.#groups = new Map(changeGroupNames.map((name) => [name, this.#createGroup(name)]));
    this.#quickDiff = new QuickDiff(owner, control);
    this.update();
  }

  /** The text in the input box, which becomes the message of a push. */
  get message(): string {
    return this.#control.inputBox.value;
  }

  set message(text: string) {
    this.#control.inputBox.value = text;
  }

  /** The rows that a group shows, sorted by path. */
  resourcesOf(group: unknown): readonly Resource[] {
    const found = [...this.#groups].find(([, each]) => each === group);
    const resources = found && this.#resources.get(found[0]);
    return sortedNaturally(resources?.keys() ?? []).flatMap((path) => resources?.get(path) ?? []);
  }

  /** To be called when the state of the folder may have changed. */
  update(): void {
    this.#quickDiff.update();
    this.#setPlaceholder();
    const now = [this.#owner.sync.pathStates, [...this.#deps.merges.pathsIn(this.#owner)].join('\0')];
    if (now.every((value, index) => value === this.#shown[index])) return;
    this.#shown = now;
    this.redraw();
  }

  /** Makes the rows anew, soon. */
  redraw(): void {
    if (!this.#isDisposed) this.#timer ??= setTimeout(() => this.#begin(), debounceMs);
  }

  dispose(): void {
    this.#isDisposed = true;
    clearTimeout(this.#timer);
    this.#quickDiff.dispose();
    this.#control.dispose();
  }

  #setPlaceholder(): void {
    const { tree = '' } = this.#owner.sync.state.binding ?? {};
    // VS Code puts the key in the place of {0}.
    const placeholder = vscode.l10n.t('Message ({0} to push to "{1}")', '{0}', withoutIcons(tree));
    // VS Code sends each assignment to its window.
    if (this.#control.inputBox.placeholder !== placeholder) this.#control.inputBox.placeholder = placeholder;
  }

  #createGroup(name: ChangeGroupName): vscode.SourceControlResourceGroup {
    const group = this.#control.createResourceGroup(name, titles[name]);
    group.hideWhenEmpty = name !== 'push';
    setSourceControlOwner(group, this.#owner);
    return group;
  }

  #begin(): void {
    if (this.#isRunning) {
      this.#timer = setTimeout(() => this.#begin(), debounceMs);
      return;
    }
    this.#timer = undefined;
    this.#run().catch((error: unknown) => this.#deps.log.error(error instanceof Error ? error : String(error)));
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    try {
      const { sync } = this.#owner;
      const groups = this.#withMerges(await runYielding(changeGroupSteps(sync.pathStates, maxShown)));
      const inConflict = new Set(groups.conflicts.shown.map(({ path }) => path));
      this.#conflicts = await runYielding(conflictSteps(sync.conflicts, inConflict));
      const summary = sync.folderSummaries.get('');
      for (const name of changeGroupNames) {
        await nextTurn();
        await this.#show(name, groups[name]);
        if (this.#isDisposed) return;
      }
      this.#control.count = summary?.changes ?? 0;
    } finally {
      this.#isRunning = false;
    }
  }

  /** Files that are being merged are conflicts, even if one is saved and looks like a change to be pushed. */
  #withMerges(groups: ChangeGroups): ChangeGroups {
    const { sync } = this.#owner;
    const merging = [...this.#deps.merges.pathsIn(this.#owner)].filter((path) => sync.isOnDisk(path));
    const others = merging.filter((path) => sync.pathStates.get(path) !== 'conflict');
    if (others.length === 0) return groups;
    const { conflicts, push } = groups;
    const rest = push.shown.filter(({ path }) => !others.includes(path));
    const added = others.map((path): GroupedPath => ({ path, state: 'conflict' }));
    return {
      ...groups,
      conflicts: { shown: [...conflicts.shown, ...added], total: conflicts.total + added.length },
      push: { shown: rest, total: push.total - (push.shown.length - rest.length) },
    };
  }

  async #show(name: ChangeGroupName, { shown, total }: ChangeGroup): Promise<void> {
    const group = this.#groups.get(name);
    if (group === undefined || this.#isDisposed) return;
    const label = groupLabel(name, shown.length, total);
    if (group.label !== label) group.label = label;
    const before = this.#resources.get(name) ?? new Map<string, Resource>();
    const resources = new Map(shown.map((one) => [one.path, this.#resourceFor(name, one, before.get(one.path))]));
    const isSame = resources.size === before.size && [...resources].every(([path, one]) => before.get(path) === one);
    if (isSame) return;
    this.#resources.set(name, resources);
    const isNew = (one: Resource): boolean => before.get(one.path) !== one;
    const known = [...resources.values()].filter((one) => !isNew(one));
    const added = [...resources.values()].filter(isNew);
    for (let count = maxAdded; count < added.length; count += maxAdded) {
      group.resourceStates = [...known, ...added.slice(0, count)];
      await pause(sendingMs);
      if (this.#isDisposed) return;
    }
    group.resourceStates = [...known, ...added];
  }

  /** Keeps the row of a path that looks the same: VS Code then sends only the others to its window. */
  #resourceFor(name: ChangeGroupName, one: GroupedPath, before: Resource | undefined): Resource {
    const conflict = one.state === 'conflict' ? this.#conflicts.get(one.path) : undefined;
    const isMergeable = conflict !== undefined && this.#deps.mergeable.isMergeable(this.#owner, conflict);
    const look = lookOf(this.#owner, one, isMergeable);
    if (before?.state === one.state && before.looksLike(look)) return before;
    return new Resource(this.#owner, name, one, look);
  }
}

/** The conflicts at `paths`. */
function* conflictSteps(
  all: readonly Conflict[],
  paths: ReadonlySet<string>,
): CooperativeTask<ReadonlyMap<string, Conflict>> {
  const found = new Map<string, Conflict>();
  for (const [number, conflict] of all.entries()) {
    if (number % stepSize === 0) yield;
    if (paths.has(conflict.path)) found.set(conflict.path, conflict);
  }
  return found;
}

function groupLabel(name: ChangeGroupName, shown: number, total: number): string {
  if (shown === total) return titles[name];
  return vscode.l10n.t('{0} (first {1} of {2})', titles[name], formatNumber(shown), formatNumber(total));
}
