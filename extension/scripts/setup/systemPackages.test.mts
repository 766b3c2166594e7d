import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ensureSystemPackages, isRsyncNewEnough } from './systemPackages.mts';

test.each([
  ['rsync  version 3.5.0  protocol version 32', true],
  ['rsync  version 3.4.3  protocol version 32', true],
  ['rsync  version v3.10.0  protocol version 33', true],
  ['rsync  version 4.0.0  protocol version 33', true],
  ['rsync  version 3.4.2  protocol version 32', false],
  ['rsync  version 3.2.7  protocol version 31', false],
  ['openrsync: protocol version 29\nrsync version 2.6.9 compatible', false],
  ['', false],
])('the output %j shows whether rsync is new enough', (text, isNewEnough) => {
  expect(isRsyncNewEnough(text)).toBe(isNewEnough);
});

describe.skipIf(process.platform === 'win32')('missing packages', () => {
  let bin: string;

  beforeEach(async () => {
    bin = await mkdtemp(join(tmpdir(), 'palmtree-bin-'));
    vi.stubEnv('PATH', bin);
    vi.stubEnv('PALMTREE_CACHE_DIR', join(bin, 'cache'));
    vi.spyOn(process, 'getuid').mockReturnValue(1000);
    vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  });

  afterEach(async () => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
    await rm(bin, { recursive: true, force: true });
  });

  async function makeCommand(name: string, exitCode: number): Promise<void> {
    await writeFile(join(bin, name), `#!/bin/sh\nexit ${exitCode}\n`);
    await chmod(join(bin, name), 0o755);
  }

  test('without a way to become root, one line says what to install and how', async () => {
    await makeCommand('apt-get', 0);
    await expect(ensureSystemPackages(['make', 'g++', 'python3'])).rejects.toThrow(
      /^Palmtree needs make, g\+\+, and python3: run "sudo apt-get install make g\+\+ python3", then run this command again\.$/,
    );
  });

  test('only missing packages are named', async () => {
    await makeCommand('apt-get', 0);
    await makeCommand('make', 0);
    await makeCommand('python3', 0);
    await expect(ensureSystemPackages(['make', 'g++', 'python3'])).rejects.toThrow(
      /^Palmtree needs g\+\+: run "sudo apt-get install g\+\+", then run this command again\.$/,
    );
  });

  test('without a known package manager, one line says what to install', async () => {
    await expect(ensureSystemPackages(['rsync', 'make'])).rejects.toThrow(
      /^Palmtree needs rsync 3\.4\.3 or newer and make: install them, then run this command again\.$/,
    );
  });

  test('two that need the same package install it once', async () => {
    vi.mocked(process.getuid!).mockReturnValue(0);
    const calls = join(bin, 'calls');
    const aptGet = `#!/bin/sh
echo "$*" >> '${calls}'
/bin/sleep 0.2
echo '#!/bin/sh' > '${bin}/make'
/bin/chmod 755 '${bin}/make'
`;
    await writeFile(join(bin, 'env'), '#!/bin/sh\nshift\nexec "$@"\n', { mode: 0o755 });
    await writeFile(join(bin, 'apt-get'), aptGet, { mode: 0o755 });
    await Promise.all([ensureSystemPackages(['make']), ensureSystemPackages(['make'])]);
    expect((await readFile(calls, 'utf8')).trim().split('\n')).toHaveLength(1);
  });
});
