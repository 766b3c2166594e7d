import { treeName } from '../../../../server/src/contract/schemas';
import { PalmtreeError } from '../../errors';
import { isSshAddress, parseSshAddress } from './sshAddress';

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Parses an address that a user typed. Throws invalid_url. */
export function parseServerUrl(text: string): URL {
  const trimmed = text.trim();
  if (isSshAddress(trimmed)) return new URL(parseSshAddress(trimmed).href);
  const url = URL.canParse(trimmed) ? new URL(trimmed) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.search !== '') {
    throw new PalmtreeError('invalid_url', `not a server's address: ${trimmed}`, { details: { subject: trimmed } });
  }
  return url;
}

/** Adds a missing scheme: http for a server on this machine, https for any other. */
export function withScheme(text: string): string {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed.includes('://')) return trimmed;
  const host = trimmed.replace(/(:\d+)?(\/.*)?$/, '');
  return `${loopback.test(host) ? 'http' : 'https'}://${trimmed}`;
}

/** The name under which this machine stores that the user has connected to a server: with a token, or by ssh. */
export function accessKey(url: URL): string {
  return isSshAddress(url.href) ? url.href.replace(/\/+$/, '') : url.origin;
}

/** Whether others could read a token on its way to the server. */
export function isUnencrypted(url: URL): boolean {
  return url.protocol === 'http:' && !loopback.test(url.hostname);
}

/** Returns the name. Throws invalid_tree. */
export function checkTreeName(name: string): string {
  if (treeName.safeParse(name).success) return name;
  throw new PalmtreeError('invalid_tree', `not a tree name: ${name}`, { details: { subject: name } });
}

/** Derives a valid tree name from a folder's name. */
export function suggestTreeName(folderName: string): string {
  const plain = folderName.replace(/[^a-z0-9._-]+/gi, '-').replace(/^[^a-z0-9]+/i, '');
  return plain.slice(0, 64) || 'notes';
}
