import { vi } from 'vitest';
import { itKeepsThePromises } from './sequences';

vi.mock('node:fs', async () => (await import('./disk/fsModules')).simulatedFs());
vi.mock('node:fs/promises', async () => (await import('./disk/fsModules')).simulatedPromises());
vi.mock('node:child_process', async () => (await import('./disk/simulatedProcesses')).simulatedProcesses());

// A file of its own, for a second processor.
itKeepsThePromises(1_000);
