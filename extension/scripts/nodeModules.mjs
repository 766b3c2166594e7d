import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireSpace } from './diskSpace.mjs';
import { runNpm } from './npm.mjs';
import { step } from './step.mjs';

/** With npm's own, two minutes pass before it tells that the registry cannot be reached. */
const impatience = ['--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=4000'];

/**
 * Installs what package-lock.json says, unless the stamp in node_modules says that just this is installed.
 *
 * @param {string} repository
 * @param {string} log
 * @returns {Promise<void>}
 */
export async function ensureNodeModules(repository, log) {
  const stamp = join(repository, 'node_modules/.palmtree-installed');
  const wanted = fingerprint(repository);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  requireSpace(repository, 700);
  await step('Installing the libraries into node_modules (npm ci)', () =>
    runNpm(['ci', '--ignore-scripts', '--no-audit', '--no-fund', ...impatience], { cwd: repository, log }),
  );
  writeFileSync(stamp, wanted);
}

/**
 * What was asked of npm and for what machine: a checkout shared between systems installs again.
 *
 * @param {string} repository
 * @returns {string}
 */
function fingerprint(repository) {
  const lock = createHash('sha256')
    .update(readFileSync(join(repository, 'package-lock.json')))
    .digest('hex');
  return `${lock} ${process.platform}-${process.arch}\n`;
}
