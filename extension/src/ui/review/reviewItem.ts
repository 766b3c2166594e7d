import * as vscode from 'vscode';
import { nameOf } from '../../core/paths';
import type { PlanRow } from '../../sync/review/plan';
import { presentations } from '../views/statusPresentation';
import {
  isSelectable,
  type FolderNode,
  type GroupKind,
  type GroupNode,
  type PathNode,
  type PlanNode,
} from './planNodes';
import {
  folderDescription,
  groupTitles,
  manyRows,
  effectMessage,
  rowDescription,
  rowInFolderDescription,
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

/** The tree item of a row. */
export function reviewItem(node: PlanNode, review: Review): vscode.TreeItem {
  const item =
    node.kind === 'group'
      ? groupItem(node, review)
      : node.kind === 'folder'
        ? folderItem(node, review)
        : pathItem(node, review);
  if (isSelectable(node)) {
    const { selected, total } = review.choice.count(node);
    const { Checked, Unchecked } = vscode.TreeItemCheckboxState;
    // VS Code says whether it is checked, and keeps that up to date at a click.
    const label = node.kind === 'group' ? groupTitles[node.group] : node.path;
    item.checkboxState = { state: selected === total ? Checked : Unchecked, accessibilityInformation: { label } };
  }
  return item;
}

function groupItem(node: GroupNode, { choice }: Review): vscode.TreeItem {
  const { total } = choice.count(node);
  const { Collapsed, Expanded } = vscode.TreeItemCollapsibleState;
  const item = new vscode.TreeItem(groupTitles[node.group], total > manyRows ? Collapsed : Expanded);
  item.description = formatNumber(total);
  item.iconPath = icons[node.group];
  item.contextValue = `group.${node.group}`;
  return item;
}

function folderItem({ folder }: FolderNode, { owner }: Review): vscode.TreeItem {
  const name = nameOf(folder.to) || owner.folder.name;
  const item = new vscode.TreeItem(name, vscode.TreeItemCollapsibleState.Collapsed);
  item.description = folderDescription(folder);
  item.iconPath = vscode.ThemeIcon.Folder;
  item.accessibilityInformation = rowLabel(name, folderDescription(folder), inFolderOf(folder.to));
  item.tooltip = `${folder.to || owner.folder.name}\n${folderDescription(folder)}`;
  item.contextValue = 'folder';
  return item;
}

function pathItem(node: PathNode, { owner, plan }: Review): vscode.TreeItem {
  const { row, parent } = node;
  const item = new vscode.TreeItem(nameOf(row.path));
  item.description = parent.kind === 'folder' ? rowInFolderDescription(row, parent.folder) : rowDescription(row);
  // The scheme keeps the file's icon and keeps away decorations, which show other states.
  item.resourceUri = vscode.Uri.from({ scheme: 'palmtree-plan', path: `/${row.path}` });
  item.iconPath = vscode.ThemeIcon.File;
  item.tooltip = tooltip(row);
  item.accessibilityInformation = rowLabel(nameOf(row.path), effectMessage(row), inFolderOf(row.path));
  item.contextValue = `path.${row.effect}`;
  const command = openCommand(owner, row, plan.revision);
  if (command !== undefined) item.command = command;
  return item;
}

function tooltip(row: PlanRow): string {
  const target = (row.after ?? row.before)?.target;
  return joined('\n', row.path, effectMessage(row), target === undefined ? '' : vscode.l10n.t('Link to {0}', target));
}
