import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildNativeModules, compilableHeaders } from './nativeModules.mts';
import { findSystemCommand } from './systemPackages.mts';

const hasCompiler = (['make', 'g++', 'python3'] as const).every((name) => findSystemCommand(name) !== undefined);
const realNode = dirname(dirname(process.execPath));
let scratch: string;

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'palmtree native-'));
});

afterEach(() => rm(scratch, { recursive: true, force: true }));

async function nodeFolder(header: boolean): Promise<string> {
  const folder = join(scratch, 'my prójects/node');
  await mkdir(join(folder, 'include/node'), { recursive: true });
  if (header) await writeFile(join(folder, 'include/node/node.h'), '');
  return folder;
}

test('headers below a path with spaces are reached by a path without', async () => {
  const headers = await compilableHeaders(await nodeFolder(true));
  const path = headers.env['npm_config_nodedir'] ?? '';
  expect(path).not.toMatch(/\s/);
  expect(existsSync(join(path, 'include/node/node.h'))).toBe(true);
  await headers.remove();
  expect(existsSync(dirname(path))).toBe(false);
});

test('a Node without headers has them downloaded to a path without spaces', async () => {
  const headers = await compilableHeaders(await nodeFolder(false));
  expect(Object.keys(headers.env)).toEqual(['npm_config_devdir']);
  expect(headers.env['npm_config_devdir']).not.toMatch(/\s/);
  await headers.remove();
});

test('a temporary folder with spaces in its path is passed over', async () => {
  const headers = await compilableHeaders(await nodeFolder(true), [scratch, tmpdir()]);
  expect(headers.env['npm_config_nodedir']).not.toMatch(/\s/);
  await headers.remove();
  expect(await readdir(scratch)).toEqual(['my prójects']);
});

test('where every temporary folder has spaces in its path, the message says what to do', async () => {
  await expect(compilableHeaders(await nodeFolder(true), [scratch])).rejects.toThrow(/set TMPDIR to a folder without/);
});

test.runIf(hasCompiler && existsSync(join(realNode, 'include/node/node.h')))(
  'a native module compiles below a path with spaces, with a Node below one',
  { timeout: 120_000 },
  async () => {
    const cwd = join(scratch, 'my prójects');
    const module = join(cwd, 'node_modules/native');
    await mkdir(module, { recursive: true });
    await symlink(realNode, join(scratch, 'a node'));
    await writeFile(join(cwd, 'package.json'), JSON.stringify({ private: true, dependencies: { native: '1.0.0' } }));
    await writeFile(join(module, 'package.json'), JSON.stringify({ name: 'native', version: '1.0.0', gypfile: true }));
    await writeFile(
      join(module, 'binding.gyp'),
      JSON.stringify({ targets: [{ target_name: 'native', sources: ['native.c'] }] }),
    );
    await writeFile(join(module, 'native.c'), '#include <node_api.h>\nNAPI_MODULE_INIT() { return exports; }\n');
    await buildNativeModules(['native'], {
      cwd,
      log: join(scratch, 'npm.log'),
      nodeFolder: join(scratch, 'a node'),
    });
    expect(existsSync(join(module, 'build/Release/native.node'))).toBe(true);
  },
);
