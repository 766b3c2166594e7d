import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const prefix = 'ptk_';

export function newTokenSecret(): string {
  return prefix + randomBytes(32).toString('base64url');
}

/** A hash without salt or stretching is enough, because the secret has 256 random bits. */
export function hashTokenSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

const unusablePrefix = 'no secret ';

/** The hash of no secret. The column has no two equal ones. */
export function unusableHash(): string {
  return unusablePrefix + randomBytes(16).toString('hex');
}

export function isUnusableHash(hash: string): boolean {
  return hash.startsWith(unusablePrefix);
}

export function sameHash(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
