import { hash } from 'node:crypto';

/** The SHA-256 of `content` in lower-case hex. Strings are hashed as UTF-8. */
export function sha256(content: string | Uint8Array): string {
  return hash('sha256', content, 'hex');
}
