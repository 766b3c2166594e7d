import { vi } from 'vitest';
import { itIsRepeatable, itKeepsThePromises } from './sequences';

vi.mock('node:fs', async () => (await import('./disk/fsModules')).simulatedFs());
vi.mock('node:fs/promises', async () => (await import('./disk/fsModules')).simulatedPromises());
vi.mock('node:child_process', async () => (await import('./disk/simulatedProcesses')).simulatedProcesses());

itKeepsThePromises(0);
itIsRepeatable();
