// Plain JavaScript on built-in modules only: this runs on a machine that has Node 20 and nothing installed yet.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onStop, stopWhenOrphaned } from './liveChildren.mjs';
import { ensureNodeModules } from './nodeModules.mjs';
import { runMain, UserError } from './userError.mjs';

const leastToBegin = 20;
const leastToRun = 24;
const here = dirname(fileURLToPath(import.meta.url));
const repository = resolve(here, '../..');

/** @returns {string} the Node that the project pins, or this one where it is new enough */
function nodeForScripts() {
  const binary = process.platform === 'win32' ? 'bin/node.exe' : 'bin/node';
  const pinned = join(repository, `node_modules/node-${process.platform}-${process.arch}`, binary);
  if (existsSync(pinned)) return pinned;
  if (majorVersion() >= leastToRun) return process.execPath;
  throw new UserError(
    `Palmtree's scripts need Node ${leastToRun} on ${process.platform}-${process.arch} (this is ${process.version}): install it and run the command again.`,
  );
}

function majorVersion() {
  return Number(process.versions.node.split('.')[0]);
}

/**
 * Runs the second stage with our terminal, passes on what we are told, and ends as it ends.
 *
 * @param {string} name
 * @param {string[]} args
 * @returns {Promise<void>}
 */
async function runStage(name, args) {
  const node = nodeForScripts();
  const script = name === 'bench' ? join(here, '../bench/main.mts') : join(here, `${name}.mts`);
  const path = [dirname(node), join(repository, 'node_modules/.bin'), process.env['PATH']].join(delimiter);
  const { NODE_OPTIONS: _, ...inherited } = process.env;
  // The channel tells the second stage when this process is killed outright.
  const child = spawn(node, [script, ...args], {
    cwd: repository,
    env: { ...inherited, PATH: path },
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  const ended = new Promise((/** @type {(code: number) => void} */ done, failed) => {
    child.once('error', failed);
    child.once('exit', (code) => done(code ?? 1));
  });
  onStop(async () => {
    child.kill('SIGTERM');
    process.exitCode = await ended;
  });
  process.exitCode = await ended;
}

await runMain(async () => {
  stopWhenOrphaned();
  const [name = '', ...args] = process.argv.slice(2);
  if (majorVersion() < leastToBegin)
    throw new UserError(`Palmtree needs Node ${leastToBegin} or newer to begin with; this is ${process.version}.`);
  if (!['start', 'test', 'bench'].includes(name))
    throw new UserError('Say what to run: bootstrap.mjs start, test or bench.');
  await ensureNodeModules(repository, join(repository, '.palmtree/logs/npm-ci.log'));
  await runStage(name, args);
});
