import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * The processes we started and what must be ended in order: none of it outlives us, whether we finish, fail or are told to stop.
 *
 * @type {Set<import('node:child_process').ChildProcess>}
 */
const children = new Set();
/** @type {Set<() => Promise<void>>} */
const cleanups = new Set();
let listening = false;
/** @type {Promise<void> | undefined} */
let ending;

const graceMs = 10_000;

/**
 * Ends the child with us. A child that leads a process group (`detached`) goes with its whole group.
 *
 * @template {import('node:child_process').ChildProcess} Child
 * @param {Child} child
 * @returns {Child}
 */
export function keepChild(child) {
  listen();
  children.add(child);
  child.once('error', () => children.delete(child));
  child.once('close', () => children.delete(child));
  return child;
}

/**
 * Runs when we are told to stop, newest first, before the children are killed.
 *
 * @param {() => Promise<void>} cleanup
 * @returns {() => void} forgets it
 */
export function onStop(cleanup) {
  listen();
  cleanups.add(cleanup);
  return () => cleanups.delete(cleanup);
}

/**
 * Ends a child that leads its own process group, and waits for all of the group: politely first, then for certain.
 *
 * @param {import('node:child_process').ChildProcess} child
 * @param {number} [patienceMs]
 * @returns {Promise<void>}
 */
export async function stopGroup(child, patienceMs = 5_000) {
  const deadline = Date.now() + patienceMs;
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
 * @returns {boolean} whether the child or any other of its group is there
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

/** Stops when the process that started us is gone: npm's shell, told to end, ends without a word to us. */
export function stopWhenOrphaned() {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) void stop(1);
  }, 500).unref();
}

/** Stops when the process that started us with a channel is gone, however it went. */
export function stopWithParent() {
  listen();
  process.on('disconnect', () => void stop(1));
  // The listener alone would keep us running.
  process.channel?.unref();
}

function listen() {
  if (listening) return;
  listening = true;
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    // Control-C reaches us from the terminal and again through npm: once is enough.
    process.on(signal, () => void stop(128 + constants.signals[signal]));
  }
  process.on('exit', () => {
    for (const child of children) signalGroup(child, 'SIGKILL');
  });
}

/** @returns {boolean} whether everything is being ended: what ends now does so because of us */
export function isStopping() {
  return ending !== undefined;
}

/**
 * Ends everything and then this process.
 *
 * @param {number} code
 * @returns {Promise<void>}
 */
export function stop(code) {
  ending ??= (async () => {
    setTimeout(() => process.exit(code), graceMs).unref();
    for (const cleanup of [...cleanups].reverse()) await cleanup().catch(() => undefined);
    process.exit(process.exitCode ?? code);
  })();
  return ending;
}
