import type { ResourceLimits } from 'node:worker_threads';

/**
 * A thread's new objects get little room: each with the usual one took 40 MB more, and was not faster (`npm run bench`,
 * memory and start of 100,000 files).
 */
export const threadLimits: ResourceLimits = { maxYoungGenerationSizeMb: 4 };
