import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { npmEnvironment } from './cleanEnvironment.mjs';
import { registerChild } from '../processes/liveChildren.mjs';
import { UserError } from '../userError.mjs';

/**
 * Runs npm with its output in a log file.
 *
 * @param {string[]} args
 * @param {{ cwd: string, log: string, env?: NodeJS.ProcessEnv }} options
 * @returns {Promise<void>}
 */
export async function runNpm(args, options) {
  mkdirSync(dirname(options.log), { recursive: true });
  const log = createWriteStream(options.log, { flags: 'a' });
  log.write(`\n$ npm ${args.join(' ')}   (in ${options.cwd})\n`);
  const [command, ...prefix] = npmCommand();
  const child = registerChild(
    spawn(command, [...prefix, ...args], {
      cwd: options.cwd,
      env: { ...npmEnvironment(), ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // Its own process group, so that node-gyp's compilers end with it.
      detached: process.platform !== 'win32',
    }),
  );
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  }).catch((/** @type {unknown} */ error) => {
    throw new UserError('npm could not be started: install it (it comes with Node.js) and add it to the PATH.', {
      cause: error,
    });
  });
  await new Promise((resolve) => log.end(resolve));
  if (code !== 0) throw npmFailure(args, options);
}

/** @returns {[string, ...string[]]} */
function npmCommand() {
  const running = process.env['npm_execpath'];
  if (running?.endsWith('.js')) return [process.execPath, running];
  return [process.platform === 'win32' ? 'npm.cmd' : 'npm'];
}

/** @type {[RegExp, string][]} */
const causes = [
  [/ENOSPC|no space left on device/i, 'No space is left on the disk: free about 2 GB, then run this command again.'],
  [
    /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ERR_SOCKET_TIMEOUT|ENOTCACHED)\b/,
    'The npm registry cannot be reached: check the network, the proxy and "npm config get registry", then run this command again.',
  ],
  [
    /\bE(401|403)\b/,
    'The npm registry denied access: check "npm config get registry" and your login there, then run this command again.',
  ],
  [/\b(EACCES|EPERM)\b/, 'npm has no permission to write: check the owner of the folder, then run this command again.'],
];

/**
 * @param {string[]} args
 * @param {{ cwd: string, log: string }} options
 * @returns {UserError}
 */
function npmFailure(args, options) {
  const text = readFileSync(options.log, 'utf8').slice(-20_000);
  const errors = text
    .split('\n')
    .filter((line) => line.startsWith('npm error'))
    .join('\n');
  const cause = causes.find(([pattern]) => pattern.test(errors));
  return new UserError(cause ? cause[1] : `npm ${args[0]} failed in ${options.cwd}.`, { log: options.log });
}
