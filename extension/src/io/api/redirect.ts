import { redirectTarget } from '../../core/foreignResponse';

const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** A request was redirected. ofetch repeats no request that failed with an error of this name. */
export class RedirectError extends Error {
  override readonly name = 'AbortError';
  /** The address that the request was redirected to, without the API's path. */
  readonly target: string;

  constructor(target: string) {
    super(`redirected to ${target}`);
    this.target = target;
  }
}

export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/**
 * Calls `send`, by default `fetch`, and throws RedirectError instead of following a redirect.
 * Invariant: a token never leaves the origin that the user entered, and no body is sent to another.
 */
export async function fetchDirectly(
  input: string | URL | Request,
  init: RequestInit = {},
  send: Fetch = fetch,
): Promise<Response> {
  const response = await send(input, { ...init, redirect: 'manual' });
  if (!redirectStatuses.has(response.status)) return response;
  await response.body?.cancel();
  const requested = input instanceof Request ? input.url : String(input);
  throw new RedirectError(redirectTarget(requested, response.headers.get('location')));
}
