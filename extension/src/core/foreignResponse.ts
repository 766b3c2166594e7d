/** Statuses by which a proxy refuses a request itself: it wants a login, or limits size or rate. */
const refusals: ReadonlySet<number> = new Set([401, 403, 407, 408, 413, 414, 429, 431]);

/** The error code for a response that is not palmtree-server's. Undefined if no proxy gives such a response. */
export function proxyCode(status: number): 'proxy_refused' | 'server_unreachable' | undefined {
  if (refusals.has(status)) return 'proxy_refused';
  // The server is down, or the proxy does not reach it.
  return status >= 502 ? 'server_unreachable' : undefined;
}

/**
 * The server address that a redirect's `Location` leads to. If the location ends with the requested path of the API, that
 * path is left out. Empty if there is no location, or if it is no URL.
 */
export function redirectTarget(requested: string, location: string | null | undefined): string {
  if (typeof location !== 'string' || !URL.canParse(location, requested)) return '';
  const { pathname, search } = new URL(requested);
  const api = pathname.slice(Math.max(0, pathname.indexOf('/v1/'))) + search;
  const { href, origin, pathname: path } = new URL(location, requested);
  return href.endsWith(api) ? href.slice(0, -api.length) : origin + path;
}
