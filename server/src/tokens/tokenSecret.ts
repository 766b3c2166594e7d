import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const prefix = 'ptk_';

export function newTokenSecret(): string {
  return prefix + randomBytes(32).toString('base64url');
}

/** A plain hash is enough: the secret has 256 random bits, so there is nothing to guess. */
export function hashTokenSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

export function sameHash(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
