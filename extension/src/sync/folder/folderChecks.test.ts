import { expect, it } from 'vitest';
import { PalmtreeError } from '../../errors';
import { checkFolder, type CheckOptions } from './folderChecks';

const binding = { server: 'https://sync.example.org', tree: 'notes' };
const counts = { tracked: 2 };

function options(rescan: () => Promise<void>, transport: CheckOptions['transport']): CheckOptions {
  const signal = new AbortController().signal;
  return {
    sync: {
      state: { binding, counts },
      rescan,
      choice: { sharedlyExcluded: () => [] },
    } as unknown as CheckOptions['sync'],
    reporter: { signal, step: () => undefined, progress: () => undefined },
    rsyncPath: '/no/such/rsync',
    transport,
    client: {
      whoami: () => Promise.resolve({ name: 'desk', server: { version: '1.0.0' } }),
      head: () => Promise.resolve({ number: 3 }),
    } as unknown as CheckOptions['client'],
  };
}

async function outcomes(checked: CheckOptions): Promise<string[]> {
  const found: string[] = [];
  for await (const { check, outcome } of checkFolder(checked)) {
    found.push(`${check} ${'finding' in outcome ? 'found' : 'failed'}`);
  }
  return found;
}

const scanned = () => Promise.resolve();

it('misses rsync, unless no transfer needs it', async () => {
  const others = ['server found', 'tree found', 'scan found'];
  expect(await outcomes(options(scanned, 'rsync'))).toEqual(['rsync failed', ...others]);
  expect(await outcomes(options(scanned, 'http'))).toEqual(others);
});

it('finds nothing wrong where the user has cancelled it', async () => {
  const failing = (error: Error) => outcomes(options(() => Promise.reject(error), 'http'));
  await expect(failing(new PalmtreeError('cancelled', 'by the user'))).rejects.toMatchObject({ code: 'cancelled' });
  expect(await failing(new PalmtreeError('root_gone', 'gone'))).toEqual(['server found', 'tree found', 'scan failed']);
});
