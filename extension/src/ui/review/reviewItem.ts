import * as vscode from 'vscode';
import { nameOf } from '../../core/paths';
import type { PlanRow } from '../../sync/review/plan';
import { presentations } from '../views/statusPresentation';
import {
  groupNodeOf,
  isSelectable,
  rowsBelow,
  type FolderNode,
  type GroupKind,
  type GroupNode,
  type PathNode,
  type PlanNode,
  type RenamedNode,
} from './planNodes';
import {
  directionWord,
  effectMessage,
  effectWords,
  folderDescription,
  folderWords,
  groupTitles,
  manyRows,
  reasonMessage,
  rowDescription,
  rowInFolderDescription,
  summaryMessage,
  summaryOf,
  summaryWords,
} from './planMessages';
import { formatNumber, joined } from '../../messages/format';
import { inFolderOf, rowLabel } from '../shared/rowLabel';
import { openCommand } from './diff';
import type { Review } from './review';

const icons: Readonly<Record<GroupKind, vscode.ThemeIcon>> = {
  push: new vscode.ThemeIcon('cloud-upload'),
  pull: new vscode.ThemeIcon('cloud-download'),
  conflict: new vscode.ThemeIcon('warning', new vscode.ThemeColor(presentations.conflict.color)),
  problem: new vscode.ThemeIcon('circle-slash'),
  held: new vscode.ThemeIcon('question'),
};

/** The folders of a larger group are collapsed at first. */
const manyRowsInFolders = 200;

/** The tree item of a row. */
export function reviewItem(node: PlanNode, review: Review): vscode.TreeItem {
  const item = itemOf(node, review);
  if (isSelectable(node)) {
    const { selected, total } = review.choice.count(node);
    const { Checked, Unchecked } = vscode.TreeItemCheckboxState;
    // VS Code says whether it is checked, and keeps that up to date at a click.
    const label = node.kind === 'group' ? groupTitles[node.group] : node.path;
    item.checkboxState = { state: selected === total ? Checked : Unchecked, accessibilityInformation: { label } };
    item.contextValue = `${item.contextValue}.checkable`;
  }
  return item;
}

function itemOf(node: PlanNode, review: Review): vscode.TreeItem {
  switch (node.kind) {
    case 'group':
      return groupItem(node, review);
    case 'folder':
      return folderItem(node, review);
    case 'renamed':
      return renamedItem(node, review);
    case 'path':
      return pathItem(node, review);
  }
}

function groupItem(node: GroupNode, { choice }: Review): vscode.TreeItem {
  const { total } = choice.count(node);
  const { Collapsed, Expanded } = vscode.TreeItemCollapsibleState;
  const item = new vscode.TreeItem(groupTitles[node.group], total > manyRows ? Collapsed : Expanded);
  const summary = summaryOf(rowsBelow(node));
  const words = summaryWords(summary);
  item.description = formatNumber(total);
  item.tooltip = joined('\n', groupTitles[node.group], summaryMessage(summary));
  item.accessibilityInformation = rowLabel(
    groupTitles[node.group],
    ...(words.length === 0 ? [formatNumber(total)] : words),
  );
  item.iconPath = icons[node.group];
  item.contextValue = `group.${node.group}`;
  return item;
}

function folderItem(node: FolderNode, { choice }: Review): vscode.TreeItem {
  const group = groupNodeOf(node);
  const { Collapsed, Expanded } = vscode.TreeItemCollapsibleState;
  const isLarge = choice.count(group).total > manyRowsInFolders;
  const item = new vscode.TreeItem(node.name, isLarge ? Collapsed : Expanded);
  const summary = summaryOf(rowsBelow(node));
  item.description = summaryMessage(summary);
  item.iconPath = vscode.ThemeIcon.Folder;
  item.accessibilityInformation = rowLabel(node.path, groupTitles[group.group], ...summaryWords(summary));
  item.tooltip = `${node.path}\n${summaryMessage(summary)}`;
  item.contextValue = 'folder';
  return item;
}

function renamedItem({ folder }: RenamedNode, { owner }: Review): vscode.TreeItem {
  const name = nameOf(folder.to) || owner.folder.name;
  const item = new vscode.TreeItem(name, vscode.TreeItemCollapsibleState.Collapsed);
  item.description = folderDescription(folder);
  item.iconPath = vscode.ThemeIcon.Folder;
  const direction = directionWord({ direction: folder.direction, effect: 'rename' });
  item.accessibilityInformation = rowLabel(name, direction, ...folderWords(folder), inFolderOf(folder.to));
  item.tooltip = `${folder.to || owner.folder.name}\n${folderDescription(folder)}`;
  item.contextValue = 'renamed';
  return item;
}

function pathItem(node: PathNode, { owner, plan }: Review): vscode.TreeItem {
  const { row } = node;
  const item = new vscode.TreeItem(nameOf(row.path));
  item.description = pathDescription(node);
  // The scheme keeps the file's icon and keeps away decorations, which show other states.
  item.resourceUri = vscode.Uri.from({ scheme: 'palmtree-plan', path: `/${row.path}` });
  item.iconPath = vscode.ThemeIcon.File;
  item.tooltip = tooltip(row);
  item.accessibilityInformation = rowLabel(
    nameOf(row.path),
    directionWord(row),
    effectWords(row),
    inFolderOf(row.path),
  );
  item.contextValue = `path.${row.effect}`;
  const command = openCommand(owner, row, plan.revision);
  if (command !== undefined) item.command = command;
  return item;
}

/** The folder is in the description unless a row above names it. */
function pathDescription({ row, parent }: PathNode): string {
  if (parent.kind === 'renamed') return rowInFolderDescription(row, parent.folder);
  return isSelectable(parent) ? effectMessage(row) : rowDescription(row);
}

function tooltip(row: PlanRow): string {
  const target = (row.after ?? row.before)?.target;
  const link = target === undefined ? '' : vscode.l10n.t('Link to {0}', target);
  return joined('\n', row.path, effectMessage(row), reasonMessage(row), link);
}
