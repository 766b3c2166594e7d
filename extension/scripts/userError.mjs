/** A failure that the user can fix. Only its message is printed, one line that says what to do. */
export class UserError extends Error {
  /**
   * @param {string} message
   * @param {{ cause?: unknown, log?: string }} [options]
   */
  constructor(message, options = {}) {
    super(options.log ? `${message} Details: ${options.log}` : message, { cause: options.cause });
    this.name = 'UserError';
  }
}

/**
 * Describes a failure in one line if the user can fix it, or with its stack.
 *
 * @param {unknown} error
 * @returns {string}
 */
export function describeFailure(error) {
  if (error instanceof UserError) return error.message;
  if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') {
    const path = 'path' in error ? ` for ${String(error.path)}` : '';
    return `No space is left on the disk${path}: free some (2 GB are enough), then run this command again.`;
  }
  if (error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'))
    return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/**
 * Runs a script's main function. Prints a failure and sets exit code 1.
 *
 * @param {() => Promise<void>} main
 * @returns {Promise<void>}
 */
export async function runMain(main) {
  try {
    await main();
  } catch (error) {
    process.stderr.write(`\n${describeFailure(error)}\n`);
    process.exitCode = 1;
  }
}
