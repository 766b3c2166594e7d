import { l10n } from 'vscode';
import type { TriedRsync } from '../errors';
import { sentences } from './format';

/** Explains the fault of an rsync, and says how to install a version that works. */
export function rsyncMessage(tried: TriedRsync | undefined): string {
  const { command, install } = tried ?? { command: 'rsync', install: undefined };
  return sentences(faultText(tried, command), installText(install));
}

/** Says why files travel over HTTP. */
export function httpInsteadMessage(tried: TriedRsync): string {
  return sentences(faultText(tried, tried.command), l10n.t('Files are transferred over HTTP instead.'));
}

function faultText(tried: TriedRsync | undefined, command: string): string {
  switch (tried?.fault) {
    case 'openrsync':
      return l10n.t('"{0}" is openrsync, which Palmtree cannot use.', command);
    case 'too-old':
      return l10n.t('"{0}" has version {1}, which is too old.', command, tried.version ?? '');
    case 'unknown-version':
      return l10n.t('The version of "{0}" cannot be read.', command);
    case 'failed':
      return l10n.t('"{0}" could not be run.', command);
    default:
      return l10n.t('"{0}" was not found.', command);
  }
}

function installText(install: string | undefined): string {
  if (install === undefined) {
    return l10n.t("Install rsync 3.1 or newer with your system's package manager, or set palmtree.rsyncPath.");
  }
  if (process.platform === 'win32') {
    return l10n.t('Install rsync in MSYS2 with "{0}", then set palmtree.rsyncPath.', install);
  }
  return l10n.t('Install rsync 3.1 or newer with "{0}", or set palmtree.rsyncPath.', install);
}
