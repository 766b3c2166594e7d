export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped?: number;
}

export function sum(all: readonly Totals[]): Totals {
  return {
    passed: all.reduce((total, { passed }) => total + passed, 0),
    failed: all.reduce((total, { failed }) => total + failed, 0),
    skipped: all.reduce((total, { skipped = 0 }) => total + skipped, 0),
  };
}
