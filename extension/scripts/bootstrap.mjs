// Plain JavaScript on built-in modules only: this runs on a machine that has Node 20 and nothing installed yet.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onStop, stopWhenOrphaned } from './processes/liveChildren.mjs';
import { ensureNodeModules } from './setup/nodeModules.mjs';
import { runMain, UserError } from './userError.mjs';

const minimumBootstrapNode = 20;
const minimumScriptNode = 24;
const scripts = dirname(fileURLToPath(import.meta.url));
const repository = resolve(scripts, '../..');

/**
 * Finds the Node that the project pins, or takes this one if it is new enough.
 *
 * @returns {string}
 */
function scriptNode() {
  const binary = process.platform === 'win32' ? 'bin/node.exe' : 'bin/node';
  const pinned = join(repository, `node_modules/node-${process.platform}-${process.arch}`, binary);
  if (existsSync(pinned)) return pinned;
  if (majorVersion() >= minimumScriptNode) return process.execPath;
  throw new UserError(
    `Palmtree's scripts need Node ${minimumScriptNode} on ${process.platform}-${process.arch} (this is ${process.version}): install it, then run this command again.`,
  );
}

function majorVersion() {
  return Number(process.versions.node.split('.')[0]);
}

/**
 * Runs a script in this terminal under the pinned Node, forwards a request to stop, and exits with its code.
 *
 * @param {string} name
 * @param {string[]} args
 * @returns {Promise<void>}
 */
async function runScript(name, args) {
  const node = scriptNode();
  const script = ['bench', 'soak'].includes(name) ? join(scripts, `../${name}/main.mts`) : join(scripts, `${name}.mts`);
  const path = [dirname(node), join(repository, 'node_modules/.bin'), process.env['PATH']].join(delimiter);
  const { NODE_OPTIONS: _, ...inherited } = process.env;
  // The script stops when this channel closes, so it also stops if this process is killed outright.
  const child = spawn(node, [script, ...args], {
    cwd: repository,
    env: { ...inherited, PATH: path },
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  const exited = new Promise((/** @type {(code: number) => void} */ done, failed) => {
    child.once('error', failed);
    child.once('exit', (code) => done(code ?? 1));
  });
  onStop(async () => {
    child.kill('SIGTERM');
    process.exitCode = await exited;
  });
  process.exitCode = await exited;
}

await runMain(async () => {
  stopWhenOrphaned();
  const [name = '', ...args] = process.argv.slice(2);
  if (majorVersion() < minimumBootstrapNode)
    throw new UserError(`Palmtree needs Node ${minimumBootstrapNode} or newer; this is ${process.version}.`);
  if (!['start', 'test', 'bench', 'soak'].includes(name))
    throw new UserError('Usage: bootstrap.mjs start|test|bench|soak');
  await ensureNodeModules(repository, join(repository, '.palmtree/logs/npm-ci.log'));
  await runScript(name, args);
});
