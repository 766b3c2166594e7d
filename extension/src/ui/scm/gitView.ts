import type * as vscode from 'vscode';
import { gitViewId } from '../shared/ids';
import { createTreeView } from '../shared/treeView';

/**
 * A view without rows, whose welcome text offers what git's own does. VS Code hides git's welcome as soon as there is any
 * source control.
 */
export function registerGitView(): vscode.Disposable {
  return createTreeView<never>(gitViewId, {
    treeDataProvider: { getChildren: () => [], getTreeItem: (row) => row },
  });
}
