import { l10n } from 'vscode';
import type { PalmtreeError } from '../errors';

/** The message for a redirect, which is not followed. */
export function redirectMessage({ details: { subject: address = '', target = '' } }: PalmtreeError): string {
  if (target === '') return l10n.t("{0} redirects to an address that can't be read.", address);
  const isDowngrade = address.startsWith('https:') && target.startsWith('http:');
  return isDowngrade
    ? l10n.t('{0} redirects to {1}, which is not encrypted. The token was not sent there.', address, target)
    : l10n.t(
        '{0} redirects to {1}. If that is your server, connect to it. The token was not sent there.',
        address,
        target,
      );
}

/** The message for a request that a proxy refused before it reached the server. */
export function proxyMessage({ details: { subject: address = '', status = 0 } }: PalmtreeError): string {
  switch (status) {
    case 413:
      return l10n.t(
        'A proxy in front of {0} refuses requests of this size (HTTP 413). Raise its limit, in nginx client_max_body_size, and try again.',
        address,
      );
    case 429:
      return l10n.t('A proxy in front of {0} refuses so many requests (HTTP 429). Try again in a moment.', address);
    case 408:
      return l10n.t('A proxy in front of {0} did not wait for the request (HTTP 408). Try again.', address);
    default:
      return l10n.t(
        'A proxy in front of {0} refuses the request (HTTP {1}). It may need a login of its own. Try again after that.',
        address,
        status,
      );
  }
}
