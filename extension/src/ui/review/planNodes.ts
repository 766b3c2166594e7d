import { compareNaturally, parentOf, relativeTo } from '../../core/paths';
import type { Plan, PlanFolder, PlanRow } from '../../sync/review/plan';

/** A row of the view: a group, a folder with changes in it, a renamed folder, or a path in one of them. */
export type PlanNode = GroupNode | FolderNode | RenamedNode | PathNode;

export type GroupKind = 'push' | 'pull' | 'conflict' | 'problem' | 'held';

type ChildNode = FolderNode | RenamedNode | PathNode;

export interface GroupNode {
  readonly kind: 'group';
  readonly group: GroupKind;
  readonly children: readonly ChildNode[];
}

/** A folder with changes in it, which is not itself changed. */
export interface FolderNode {
  readonly kind: 'folder';
  readonly parent: GroupNode | FolderNode;
  readonly path: string;
  /** Its path in the row above: a folder with changes in one folder only shares a row with it. */
  readonly name: string;
  readonly children: readonly ChildNode[];
}

export interface RenamedNode {
  readonly kind: 'renamed';
  readonly parent: GroupNode | FolderNode;
  readonly path: string;
  readonly folder: PlanFolder;
  readonly children: readonly PathNode[];
}

export interface PathNode {
  readonly kind: 'path';
  readonly parent: GroupNode | FolderNode | RenamedNode;
  readonly path: string;
  readonly row: PlanRow;
}

const order: readonly GroupKind[] = ['conflict', 'push', 'pull', 'held', 'problem'];

/** The groups that are not empty, conflicts first. Changes that a command makes are in their folders. */
export function planNodes(plan: Plan): readonly GroupNode[] {
  return order.flatMap((group) => {
    const children: ChildNode[] = [];
    const node: GroupNode = { kind: 'group', group, children };
    const changes: Change[] = [];
    for (const folder of plan.folders) if (folder.direction === group) changes.push({ path: folder.to, folder });
    for (const row of plan.rows) if (groupOf(row) === group) changes.push({ path: row.path, row });
    if (isSelectableGroup(group)) children.push(...childrenIn(node, '', changes));
    else for (const { row } of changes) if (row !== undefined) children.push(pathNode(node, row));
    return children.length === 0 ? [] : [node];
  });
}

/** A change that has a row of its own: that of a path, or a renamed folder. */
type Change =
  | { readonly path: string; readonly row: PlanRow; readonly folder?: undefined }
  | { readonly path: string; readonly folder: PlanFolder; readonly row?: undefined };

/** The rows for changes in `folder`: folders first, both sorted by name. */
function childrenIn(parent: GroupNode | FolderNode, folder: string, changes: readonly Change[]): ChildNode[] {
  const folders = new Map<string, Change[]>();
  const renamed: RenamedNode[] = [];
  const paths: PathNode[] = [];
  const start = folder === '' ? 0 : folder.length + 1;
  for (const change of changes) {
    const end = change.path.indexOf('/', start);
    if (end !== -1) {
      const inside = change.path.slice(0, end);
      const others = folders.get(inside);
      if (others === undefined) folders.set(inside, [change]);
      else others.push(change);
    } else if (change.folder !== undefined) renamed.push(renamedNode(parent, change.folder));
    else paths.push(pathNode(parent, change.row));
  }
  const nodes = [...folders].map(([path, inside]) => folderNode(parent, { path, above: folder, changes: inside }));
  const byPath = (a: ChildNode, b: ChildNode): number => compareNaturally(a.path, b.path);
  return [...[...nodes, ...renamed].sort(byPath), ...paths.sort(byPath)];
}

function folderNode(
  parent: GroupNode | FolderNode,
  { path, above, changes }: { readonly path: string; readonly above: string; readonly changes: readonly Change[] },
): FolderNode {
  const children: ChildNode[] = [];
  const deepest = commonFolder(changes) ?? path;
  const node: FolderNode = { kind: 'folder', parent, path: deepest, name: relativeTo(deepest, above), children };
  children.push(...childrenIn(node, deepest, changes));
  return node;
}

/** The deepest folder that contains all these changes. */
function commonFolder(changes: readonly Change[]): string | undefined {
  let common: string | undefined;
  for (const { path } of changes) {
    common ??= parentOf(path);
    while (common !== undefined && common !== '' && !path.startsWith(`${common}/`)) common = parentOf(common);
  }
  return common;
}

function renamedNode(parent: GroupNode | FolderNode, folder: PlanFolder): RenamedNode {
  const children: PathNode[] = [];
  const node: RenamedNode = { kind: 'renamed', parent, path: folder.to, folder, children };
  for (const row of folder.rows) children.push(pathNode(node, row));
  return node;
}

function pathNode(parent: PathNode['parent'], row: PlanRow): PathNode {
  return { kind: 'path', parent, path: row.path, row };
}

function groupOf({ direction, effect }: PlanRow): GroupKind {
  return direction ?? (effect === 'conflict' || effect === 'held' ? effect : 'problem');
}

/** The plan's rows at or below a row of the view. */
export function* rowsBelow(node: PlanNode): Generator<PlanRow> {
  if (node.kind === 'path') yield node.row;
  else for (const child of node.children) yield* rowsBelow(child);
}

/** The rows that contain a row, the innermost first. */
function* nodesAbove(node: PlanNode): Generator<Exclude<PlanNode, PathNode>> {
  if (node.kind === 'group') return;
  yield node.parent;
  yield* nodesAbove(node.parent);
}

/** The group that contains a row; a group itself. */
export function groupNodeOf(node: PlanNode): GroupNode {
  return node.kind === 'group' ? node : groupNodeOf(node.parent);
}

/**
 * The rows of an event of checkboxes that decide about paths. VS Code lists the clicked row, then the rows in it and the
 * rows above it that changed with it: one skipped file unchecks its folder, which decides nothing about its other files.
 */
export function decidingNodes(nodes: readonly PlanNode[]): readonly PlanNode[] {
  const above = new Set<PlanNode>(nodes.flatMap((node) => [...nodesAbove(node)]));
  return nodes.filter((node) => !above.has(node));
}

/** Whether the row has a checkbox: conflicts and problems are never synced. */
export function isSelectable(node: PlanNode): boolean {
  return isSelectableGroup(groupNodeOf(node).group);
}

function isSelectableGroup(group: GroupKind): boolean {
  return group === 'push' || group === 'pull';
}

/** Identifies a row in all plans of a folder. */
export function nodeKey(node: PlanNode): string {
  const { group } = groupNodeOf(node);
  if (node.kind === 'group') return group;
  // A folder, a renamed folder and a file may have the same path, one before and one after.
  const kind = node.kind === 'path' ? '' : node.kind === 'renamed' ? '\0' : '\0\0';
  return `${group}/${kind}${node.path}`;
}
