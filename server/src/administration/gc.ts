import type { GcResult } from '../gc/garbageCollector';
import type { Task } from './task';

export interface GcOptions {
  readonly dryRun: boolean;
}

export const gcTask: Task<GcOptions, GcResult> = {
  name: 'gc',
  run: ({ services: { garbage, objectWork }, signal, report }, { dryRun }) =>
    objectWork.run({ name: 'gc', signal, report }, () =>
      garbage.collect({ dryRun, purgeBefore: 'now', workShare: 1, signal, report }),
    ),
};
