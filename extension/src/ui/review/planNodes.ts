import type { Plan, PlanFolder, PlanRow } from '../../sync/review/plan';

/** A row of the view: a group, a renamed folder in it, or a path in either. */
export type PlanNode = GroupNode | FolderNode | PathNode;

export type GroupKind = 'push' | 'pull' | 'conflict' | 'problem' | 'held';

export interface GroupNode {
  readonly kind: 'group';
  readonly group: GroupKind;
  readonly children: readonly (FolderNode | PathNode)[];
}

export interface FolderNode {
  readonly kind: 'folder';
  readonly parent: GroupNode;
  readonly path: string;
  readonly folder: PlanFolder;
  readonly children: readonly PathNode[];
}

export interface PathNode {
  readonly kind: 'path';
  readonly parent: GroupNode | FolderNode;
  readonly path: string;
  readonly row: PlanRow;
}

const order: readonly GroupKind[] = ['conflict', 'push', 'pull', 'held', 'problem'];

/** The groups that are not empty, conflicts first. */
export function planNodes(plan: Plan): readonly GroupNode[] {
  return order.flatMap((group) => {
    const children: (FolderNode | PathNode)[] = [];
    const node: GroupNode = { kind: 'group', group, children };
    for (const folder of plan.folders) if (folder.direction === group) children.push(folderNode(node, folder));
    for (const row of plan.rows) if (groupOf(row) === group) children.push(pathNode(node, row));
    return children.length === 0 ? [] : [node];
  });
}

function folderNode(parent: GroupNode, folder: PlanFolder): FolderNode {
  const children: PathNode[] = [];
  const node: FolderNode = { kind: 'folder', parent, path: folder.to, folder, children };
  for (const row of folder.rows) children.push(pathNode(node, row));
  return node;
}

function pathNode(parent: GroupNode | FolderNode, row: PlanRow): PathNode {
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
function nodesAbove(node: PlanNode): (FolderNode | GroupNode)[] {
  return node.kind === 'group' ? [] : [node.parent, ...nodesAbove(node.parent)];
}

/**
 * The rows of an event of checkboxes that decide about paths. VS Code lists the clicked row, then the rows in it and the
 * rows above it that changed with it: one skipped file unchecks its folder, which decides nothing about its other files.
 */
export function decidingNodes(nodes: readonly PlanNode[]): readonly PlanNode[] {
  const above = new Set<PlanNode>(nodes.flatMap(nodesAbove));
  return nodes.filter((node) => !above.has(node));
}

/** Whether the row has a checkbox: conflicts and problems are never synced. */
export function isSelectable(node: PlanNode): boolean {
  const group = node.kind === 'group' ? node : nodesAbove(node).at(-1);
  return group?.kind === 'group' && (group.group === 'push' || group.group === 'pull');
}

/** Identifies a row in all plans of a folder. */
export function nodeKey(node: PlanNode): string {
  if (node.kind === 'group') return node.group;
  const group = nodesAbove(node).at(-1);
  const above = group?.kind === 'group' ? group.group : '';
  // A renamed folder and a file may have the same path, one before and one after.
  return node.kind === 'folder' ? `${above}/\0${node.folder.to}` : `${above}/${node.row.path}`;
}
