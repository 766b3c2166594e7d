import { PalmtreeError } from '../../errors';

/** A server that is reached by ssh: `ssh://[user@]host[:port][/data-folder]`. */
export interface SshAddress {
  /** The address as it is written. */
  readonly href: string;
  readonly user: string | undefined;
  /** A name of DNS or of the user's ssh configuration, or an IP address without brackets. */
  readonly host: string;
  readonly port: number | undefined;
  /** The data folder: absolute, or relative to the home folder if the address has `/~/`. Without one, the server's default. */
  readonly folder: string | undefined;
}

/** ssh takes what begins with "-" for an option, and replaces "%" in some of its settings. */
const userPattern = /^[A-Za-z0-9_][A-Za-z0-9_.+-]{0,63}\$?$/;
const hostPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}$/;
const ipv6Pattern = /^\[([0-9A-Fa-f:.]{2,45})\]$/;
/** A server's data folder cannot have these. */
const badFolder = /[\p{Cc}%\\]/u;

export function isSshAddress(text: string): boolean {
  return /^ssh:/i.test(text.trim());
}

/** Throws invalid_url. */
export function parseSshAddress(text: string): SshAddress {
  const trimmed = text.trim();
  const address = URL.canParse(trimmed) ? addressOf(new URL(trimmed)) : undefined;
  if (address !== undefined) return address;
  throw new PalmtreeError('invalid_url', `not the address of a server: ${trimmed}`, { details: { subject: trimmed } });
}

function addressOf(url: URL): SshAddress | undefined {
  if (url.protocol !== 'ssh:' || url.password !== '' || url.search !== '' || url.hash !== '') return undefined;
  const host = ipv6Pattern.exec(url.hostname)?.[1] ?? (hostPattern.test(url.hostname) ? url.hostname : undefined);
  const folder = folderOf(url.pathname);
  if (host === undefined || folder === undefined) return undefined;
  if (url.username !== '' && !userPattern.test(url.username)) return undefined;
  return {
    href: url.href.replace(/\/+$/, ''),
    user: url.username || undefined,
    host,
    port: url.port === '' ? undefined : Number(url.port),
    folder: folder === '' ? undefined : folder,
  };
}

/** `''` for none; undefined for one that no server can have. */
function folderOf(pathname: string): string | undefined {
  try {
    const folder = decodeURIComponent(pathname).replace(/\/+$/, '');
    if (badFolder.test(folder) || folder === '/~') return undefined;
    return folder.startsWith('/~/') ? folder.slice(3) : folder;
  } catch {
    return undefined;
  }
}
