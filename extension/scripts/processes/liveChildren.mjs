import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Child processes. All of them end with this process, whether it finishes, fails or is stopped.
 *
 * @type {Set<import('node:child_process').ChildProcess>}
 */
const children = new Set();
/** @type {Set<() => Promise<void>>} */
const cleanups = new Set();
let listening = false;
/** @type {Promise<void> | undefined} */
let stopping;

/** Time for all cleanups together. */
const cleanupLimitMs = 10_000;

/**
 * Kills the child when this process exits. A child that leads a process group (`detached`) is killed with its group.
 *
 * @template {import('node:child_process').ChildProcess} Child
 * @param {Child} child
 * @returns {Child}
 */
export function registerChild(child) {
  listen();
  children.add(child);
  child.once('error', () => children.delete(child));
  child.once('close', () => children.delete(child));
  return child;
}

/**
 * Registers a cleanup for when this process is stopped. Cleanups run newest first, before the children are killed.
 *
 * @param {() => Promise<void>} cleanup
 * @returns {() => void} removes the registration
 */
export function onStop(cleanup) {
  listen();
  cleanups.add(cleanup);
  return () => cleanups.delete(cleanup);
}

/**
 * Ends a child that leads its own process group, and waits for the whole group: SIGTERM first, then SIGKILL.
 *
 * @param {import('node:child_process').ChildProcess} child
 * @param {number} [graceMs]
 * @returns {Promise<void>}
 */
export async function stopGroup(child, graceMs = 5_000) {
  const deadline = Date.now() + graceMs;
  signalGroup(child, 'SIGTERM');
  while (isRunning(child) && Date.now() < deadline) await delay(25);
  signalGroup(child, 'SIGKILL');
  if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
    await new Promise((resolve) => child.once('exit', resolve));
  }
  children.delete(child);
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @returns {boolean} whether the child or another process of its group is running
 */
function isRunning(child) {
  if (child.pid === undefined) return false;
  if (child.exitCode === null && child.signalCode === null) return true;
  if (process.platform === 'win32') return false;
  try {
    process.kill(-child.pid, 0);
    return true;
  } catch {
    return false;
  }
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {NodeJS.Signals} signal
 */
function signalGroup(child, signal) {
  if (child.pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? child.pid : -child.pid, signal);
  } catch {
    // Not a group leader, or gone.
    child.kill(signal);
  }
}

/** Stops this process when its parent is gone: the shell of npm ends on a signal without forwarding it. */
export function stopWhenOrphaned() {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) void stop(1);
  }, 500).unref();
}

/** Stops this process when the IPC channel to its parent closes, which happens however the parent ends. */
export function stopWithParent() {
  listen();
  process.on('disconnect', () => void stop(1));
  // The listener alone would keep this process running.
  process.channel?.unref();
}

function listen() {
  if (listening) return;
  listening = true;
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    // Ctrl-C arrives twice, from the terminal and from npm. `stop` runs once.
    process.on(signal, () => void stop(128 + constants.signals[signal]));
  }
  process.on('exit', () => {
    for (const child of children) signalGroup(child, 'SIGKILL');
  });
}

/** @returns {boolean} whether `stop` was called, so that a child that exits now did not fail */
export function isStopping() {
  return stopping !== undefined;
}

/**
 * Runs the cleanups, then exits.
 *
 * @param {number} code
 * @returns {Promise<void>}
 */
export function stop(code) {
  stopping ??= (async () => {
    setTimeout(() => process.exit(code), cleanupLimitMs).unref();
    for (const cleanup of [...cleanups].reverse()) await cleanup().catch(() => undefined);
    process.exit(process.exitCode ?? code);
  })();
  return stopping;
}
