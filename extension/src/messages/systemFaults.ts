import { l10n } from 'vscode';
import { withDetail } from './format';

const noPermission = (): string => l10n.t('you have no permission');
const diskError = (): string => l10n.t('the disk reports an error');
const diskGone = (): string => l10n.t('the disk, or the machine that shares it, does not respond');
const tooManyFiles = (): string => l10n.t('too many files are open; close some programs');

const texts: Readonly<Record<string, () => string>> = {
  EACCES: noPermission,
  EPERM: noPermission,
  EIO: diskError,
  EUCLEAN: diskError,
  ENXIO: diskGone,
  ENODEV: diskGone,
  ENOTCONN: diskGone,
  ESTALE: diskGone,
  ETIMEDOUT: diskGone,
  EHOSTDOWN: diskGone,
  EHOSTUNREACH: diskGone,
  EMFILE: tooManyFiles,
  ENFILE: tooManyFiles,
  ENOMEM: () => l10n.t('the system has too little memory'),
  ENOSPC: () => l10n.t('the disk is full'),
  EDQUOT: () => l10n.t('your share of the disk is full'),
  EROFS: () => l10n.t('the disk is read-only'),
  EBUSY: () => l10n.t('another program uses it'),
  ETXTBSY: () => l10n.t('another program runs it'),
  ELOOP: () => l10n.t('its links lead in a circle'),
  ENAMETOOLONG: () => l10n.t('its path is too long'),
  ENOTEMPTY: () => l10n.t('the folder is not empty'),
  ENOENT: () => l10n.t('it is not there'),
  ENOTDIR: () => l10n.t('a file is in the place of a folder'),
  EISDIR: () => l10n.t('a folder is in the place of a file'),
};

/** A clause that says what a system's error code means, with the code for those who look it up. */
export function systemFault(errno: string): string {
  const text = texts[errno];
  return text === undefined ? errno : withDetail(text(), errno);
}
