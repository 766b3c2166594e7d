import * as vscode from 'vscode';
import { plainLine, plainLines } from '../../messages/plainText';

/** Creates the view with this id. The texts of its rows may have text from outside. */
export function createTreeView<R>(id: string, options: vscode.TreeViewOptions<R>): vscode.TreeView<R> {
  const { treeDataProvider: provider } = options;
  return vscode.window.createTreeView(id, {
    ...options,
    treeDataProvider: {
      ...(provider.onDidChangeTreeData && { onDidChangeTreeData: provider.onDidChangeTreeData }),
      getChildren: (row) => provider.getChildren(row),
      getTreeItem: async (row) => plainItem(await provider.getTreeItem(row)),
      ...(provider.getParent && { getParent: (row: R) => provider.getParent?.(row) }),
    },
  });
}

/** VS Code shows the texts of a row without links and icons. */
function plainItem(item: vscode.TreeItem): vscode.TreeItem {
  const { label, description, tooltip, accessibilityInformation } = item;
  if (typeof label === 'string') item.label = plainLine(label);
  if (typeof description === 'string') item.description = plainLine(description);
  if (typeof tooltip === 'string') item.tooltip = plainLines(tooltip);
  if (accessibilityInformation !== undefined) {
    item.accessibilityInformation = { ...accessibilityInformation, label: plainLine(accessibilityInformation.label) };
  }
  return item;
}
