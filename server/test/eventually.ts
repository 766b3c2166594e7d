import { vi } from 'vitest';

const timeoutMs = 20_000;

/** Repeats `check` until it does not throw. Returns its value. Even a busy machine gets there within seconds. */
export function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: timeoutMs });
}
