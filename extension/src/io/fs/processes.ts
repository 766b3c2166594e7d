import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { errnoOf } from './errno';

/** Identifies a process in a file that may outlive it. */
export interface ProcessMark {
  readonly pid: number;
  readonly host: string;
  /** The start time of the process, since its pid may be reused; see `startTimeOf`. */
  readonly start?: string | undefined;
  /** The boot and container in which `pid` is valid; see `processNamespace`. */
  readonly namespace?: string | undefined;
}

export function markOfThisProcess(): ProcessMark {
  const { pid } = process;
  return { pid, host: hostname(), start: startTimeOf(pid), namespace: processNamespace() };
}

export function isThisProcess(mark: ProcessMark): boolean {
  return mark.pid === process.pid && isAlive(mark) !== false && mark.start === startTimeOf(process.pid);
}

/** Whether a process lives; undefined if this machine cannot tell. */
export function isAlive({ pid, host, start, namespace }: ProcessMark): boolean | undefined {
  if (host !== hostname()) return undefined;
  if (namespace !== undefined && namespace !== processNamespace()) return undefined;
  if (!isRunning(pid)) return false;
  const startNow = startTimeOf(pid);
  return start === undefined || startNow === undefined ? undefined : start === startNow;
}

/** Whether a process with this id runs on this machine. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) !== 'ESRCH';
  }
}

/**
 * The start time of a process in clock ticks since boot. It distinguishes the process from a later one with its id, which
 * containers soon reuse. Undefined if the system does not report it.
 */
export function startTimeOf(pid: number): string | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the program's name in parentheses, which may itself contain spaces and parentheses.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

/**
 * The namespace in which process ids mean the same as in this process: the machine's boot and the container. Undefined
 * if the system does not report it.
 */
function processNamespace(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return undefined;
  }
}
