import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireSpace } from './diskSpace.mjs';
import { runNpm } from './npm.mjs';
import { step } from '../step.mjs';

/** With npm's defaults, two minutes pass before it reports that the registry cannot be reached. */
const shortRetries = ['--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=4000'];

/**
 * Installs the packages of package-lock.json, unless the stamp in node_modules shows that they are installed.
 *
 * @param {string} repository
 * @param {string} log
 * @returns {Promise<void>}
 */
export async function ensureNodeModules(repository, log) {
  const stamp = join(repository, 'node_modules/.palmtree-installed');
  const expected = fingerprint(repository);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === expected) return;
  requireSpace(repository, 700);
  await step('Installing the libraries into node_modules (npm ci)', () =>
    runNpm(['ci', '--ignore-scripts', '--no-audit', '--no-fund', ...shortRetries], { cwd: repository, log }),
  );
  writeFileSync(stamp, expected);
}

/**
 * Identifies the lockfile and the platform, so that a checkout that two systems share is installed again.
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
