import { PalmtreeError } from '../../errors';
import type { ServerView } from '../onServer/serverView';
import type { ReviewView } from '../review/reviewView';
import type { LastUsed } from '../views/lastUsed';

export interface ToggleDeps {
  readonly review: Pick<ReviewView, 'toggle'>;
  readonly onServer: Pick<ServerView, 'toggle'>;
  readonly used: Pick<LastUsed, 'rows'>;
}

/**
 * Checks rows, or unchecks them if all are checked: those of a menu, else the selected ones. The Tab key reaches no checkbox
 * of a tree view, so this is the way to them without a mouse.
 */
export function toggleChecked({ review, onServer, used }: ToggleDeps, row?: unknown, rows?: unknown): void {
  const picked: readonly unknown[] =
    Array.isArray(rows) && rows.length > 0 ? rows : row === undefined ? used.rows : [row];
  if (!review.toggle(picked) && !onServer.toggle(picked)) throw new PalmtreeError('cancelled', 'no row has a checkbox');
}
