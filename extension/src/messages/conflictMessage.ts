import { l10n } from 'vscode';
import type { Conflict } from '../core/change';
import { sameContent } from '../core/entry';

type Sides = Omit<Conflict, 'path'>;

/** The kind of a conflict, for a row's description; empty when both sides edited a file. */
export function conflictMessage({ local, remote, ancestor }: Sides): string {
  if (isBesideFolder({ local, remote, ancestor })) return l10n.t('a file on one side, a folder on the other');
  if (local === undefined) return l10n.t('deleted here');
  if (remote === undefined) return l10n.t('deleted on the server');
  if (ancestor === undefined) return l10n.t('added on both sides');
  return '';
}

/** Both changes of a conflict, such as `edited here and on the server since revision 12`. `base` has the ancestor. */
export function collisionMessage(sides: Sides, base?: number): string {
  const words = collisionWords(sides);
  return base === undefined ? words : l10n.t('{0} since revision {1}', words, base);
}

function collisionWords({ local, remote, ancestor }: Sides): string {
  if (isBesideFolder({ local, remote, ancestor })) return l10n.t('a file on one side, a folder on the other');
  if (local === undefined) return l10n.t('deleted here, edited on the server');
  if (remote === undefined) return l10n.t('edited here, deleted on the server');
  if (local.kind !== remote.kind) {
    return local.kind === 'symlink'
      ? l10n.t('a link here, a file on the server')
      : l10n.t('a file here, a link on the server');
  }
  if (sameContent(local, remote)) return l10n.t('different permissions here and on the server');
  return ancestor === undefined
    ? l10n.t('added here and on the server, with different contents')
    : l10n.t('edited here and on the server');
}

/** A file that only one side has, and never both, is in conflict only with files below it, or with a file above it. */
function isBesideFolder({ local, remote, ancestor }: Sides): boolean {
  return ancestor === undefined && (local === undefined || remote === undefined);
}
