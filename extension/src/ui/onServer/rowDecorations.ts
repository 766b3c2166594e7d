import * as vscode from 'vscode';
import type { PathState } from '../../core/status/pathState';
import { colorIds } from '../shared/ids';
import { presentations } from '../views/statusPresentation';

/** The scheme of a row in the view of the server's files. It keeps away the decorations of other extensions. */
const rowScheme = 'palmtree-server';

interface RowLook {
  /** The file, or everything in the folder, is not on this machine. */
  readonly isAway: boolean;
  readonly state: PathState | undefined;
}

/** The URI of a row. It says how the row looks, so that no event has to tell VS Code of a change. */
export function serverRowUri(path: string, { isAway, state }: RowLook): vscode.Uri {
  const query = new URLSearchParams({ ...(isAway && { away: '' }), ...(state && { state }) });
  return vscode.Uri.from({ scheme: rowScheme, path: `/${path}`, query: query.toString() });
}

/** Dims what is not here, and marks what has a state as the other views do. */
export function registerServerDecorations(): vscode.Disposable {
  return vscode.window.registerFileDecorationProvider({
    provideFileDecoration(uri) {
      if (uri.scheme !== rowScheme) return undefined;
      const look = new URLSearchParams(uri.query);
      const presentation = presentations[look.get('state') as PathState] as
        (typeof presentations)[PathState] | undefined;
      const color = look.has('away') ? colorIds.absent : presentation?.color;
      if (color === undefined) return undefined;
      // The row's own tooltip has the words.
      return new vscode.FileDecoration(presentation?.badge, undefined, new vscode.ThemeColor(color));
    },
  });
}
