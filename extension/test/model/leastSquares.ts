export interface Sample {
  readonly x: number;
  readonly y: number;
}

/** The line through the samples with the least sum of squared distances in y. Fewer than two samples have slope 0. */
export function leastSquares(samples: readonly Sample[]): { slope: number; intercept: number } {
  const count = samples.length;
  if (count === 0) return { slope: 0, intercept: 0 };
  const meanX = samples.reduce((sum, { x }) => sum + x, 0) / count;
  const meanY = samples.reduce((sum, { y }) => sum + y, 0) / count;
  const covariance = samples.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0);
  const variance = samples.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
  const slope = variance === 0 ? 0 : covariance / variance;
  return { slope, intercept: meanY - slope * meanX };
}
