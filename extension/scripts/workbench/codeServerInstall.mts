import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { requireSpace } from '../setup/diskSpace.mjs';
import { fileLock, isAlive } from '../processes/fileLock.mts';
import { buildNativeModules } from '../setup/nativeModules.mts';
import { runNpm } from '../setup/npm.mjs';
import { cacheFolder } from '../paths.mts';
import { step } from '../step.mjs';
import { ensureSystemPackages } from '../setup/systemPackages.mts';

const codeServerVersion = '4.139.1';

/** Native modules fit one ABI of Node, so its number is part of the folder's name. */
const key = `code-server-${codeServerVersion}-${process.platform}-${process.arch}-node${process.versions.modules}`;

/** Returns the package folder of code-server. Installs it on first use, which takes about a minute and 800 MB. */
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
  return (await readFile(stampFile(folder), 'utf8').catch(() => '')) === codeServerVersion;
}

function stampFile(folder: string): string {
  return join(folder, 'complete');
}

/** Installs into a temporary folder and renames it at the end, so that a killed install leaves nothing half done. */
async function install(folder: string): Promise<void> {
  await removeAbandonedInstalls();
  const building = `${folder}.building-${process.pid}`;
  const log = join(cacheFolder(), 'code-server-install.log');
  await mkdir(building, { recursive: true });
  await writeFile(
    join(building, 'package.json'),
    JSON.stringify({ private: true, dependencies: { 'code-server': codeServerVersion } }),
  );
  // Install scripts stay off: code-server's own fails (kerberos needs gssapi headers, argon2's build has a race).
  const production = ['install', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'];
  await runNpm(production, { cwd: building, log });
  const vscode = join(building, 'node_modules/code-server/lib/vscode');
  // `npm ci` fails here: the lockfile that code-server ships does not match its package.json.
  await runNpm(production, { cwd: vscode, log });
  await buildNativeModules(['@vscode/spdlog', '@vscode/native-watchdog'], { cwd: vscode, log });
  await runNpm(production, { cwd: join(vscode, 'extensions'), log });
  await writeFile(stampFile(building), codeServerVersion);
  await rm(folder, { recursive: true, force: true });
  await rename(building, folder);
}

async function removeAbandonedInstalls(): Promise<void> {
  for (const name of await readdir(cacheFolder())) {
    const owner = /\.building-(\d+)$/.exec(name)?.[1];
    if (owner && !isAlive(Number(owner))) await rm(join(cacheFolder(), name), { recursive: true, force: true });
  }
}
