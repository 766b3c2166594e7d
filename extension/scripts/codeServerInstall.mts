import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { requireSpace } from './diskSpace.mjs';
import { fileLock, isAlive } from './fileLock.mts';
import { buildNativeModules } from './nativeModules.mts';
import { runNpm } from './npm.mjs';
import { cacheFolder } from './paths.mts';
import { step } from './step.mjs';
import { ensureSystemPackages } from './systemPackages.mts';

const codeServerVersion = '4.139.1';

/** Native modules are built for one Node, so the folder is keyed by its interface number too. */
const key = `code-server-${codeServerVersion}-${process.platform}-${process.arch}-node${process.versions.modules}`;

/** The package folder of code-server, installed on first use. */
export async function ensureCodeServer(): Promise<string> {
  const folder = join(cacheFolder(), key);
  const packageFolder = join(folder, 'node_modules/code-server');
  if (await isComplete(folder)) return packageFolder;
  await mkdir(cacheFolder(), { recursive: true });
  const lock = await fileLock(`${folder}.lock`);
  try {
    if (await isComplete(folder)) return packageFolder;
    requireSpace(cacheFolder(), 800);
    await ensureSystemPackages(['make', 'g++', 'python3']);
    await step(`Installing the browser workbench (code-server ${codeServerVersion}, once, about a minute)`, () =>
      install(folder),
    );
    return packageFolder;
  } finally {
    await lock.release();
  }
}

async function isComplete(folder: string): Promise<boolean> {
  return (await readFile(stampOf(folder), 'utf8').catch(() => '')) === codeServerVersion;
}

function stampOf(folder: string): string {
  return join(folder, 'complete');
}

/** Built aside and renamed when whole: a killed or second install never leaves or breaks one that is in use. */
async function install(folder: string): Promise<void> {
  await removeAbandoned();
  const building = `${folder}.building-${process.pid}`;
  const log = join(cacheFolder(), 'code-server-install.log');
  await mkdir(building, { recursive: true });
  await writeFile(
    join(building, 'package.json'),
    JSON.stringify({ private: true, dependencies: { 'code-server': codeServerVersion } }),
  );
  // Install scripts stay off: code-server's own fails (kerberos wants gssapi headers, argon2's build is racy).
  const production = ['install', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'];
  await runNpm(production, { cwd: building, log });
  const vscode = join(building, 'node_modules/code-server/lib/vscode');
  // `npm ci` refuses here: the lockfile that code-server ships is out of step with its package.json.
  await runNpm(production, { cwd: vscode, log });
  await buildNativeModules(['@vscode/spdlog', '@vscode/native-watchdog'], { cwd: vscode, log });
  await runNpm(production, { cwd: join(vscode, 'extensions'), log });
  await writeFile(stampOf(building), codeServerVersion);
  await rm(folder, { recursive: true, force: true });
  await rename(building, folder);
}

async function removeAbandoned(): Promise<void> {
  for (const name of await readdir(cacheFolder())) {
    const owner = /\.building-(\d+)$/.exec(name)?.[1];
    if (owner && !isAlive(Number(owner))) await rm(join(cacheFolder(), name), { recursive: true, force: true });
  }
}
