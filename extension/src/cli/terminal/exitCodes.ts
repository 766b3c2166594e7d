import { CommanderError } from 'commander';
import { PalmtreeError, type ErrorCode } from '../../errors';
import { UsageError } from './usageError';

/** The exit codes of every command. README has the same table. */
export const exitCodes = {
  done: 0,
  failed: 1,
  /** Wrong arguments, a missing option, or a question that nobody is there to answer. */
  usage: 2,
  /** The command did the rest, but files are in conflict. */
  conflicts: 3,
  /** The server has newer changes. */
  stale: 4,
  /** The deletion guard stopped the command. */
  guardRefused: 5,
  /** As for a program that SIGINT ended. */
  cancelled: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** An error whose code is not listed has failed. */
const byErrorCode: Partial<Record<ErrorCode, ExitCode>> = {
  cancelled: exitCodes.cancelled,
  stale_base: exitCodes.stale,
  deletion_guard: exitCodes.guardRefused,
  invalid_url: exitCodes.usage,
  insecure_url: exitCodes.usage,
  invalid_tree: exitCodes.usage,
  not_in_folder: exitCodes.usage,
};

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof PalmtreeError) return byErrorCode[error.code] ?? exitCodes.failed;
  if (error instanceof UsageError) return exitCodes.usage;
  // Commander throws for --help and --version too.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  return exitCodes.failed;
}
