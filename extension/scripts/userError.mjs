/** A failure the user can mend: its message is one line that says what to do, and is all that is printed. */
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
 * @param {unknown} error
 * @returns {string} what to print for it: one line where the user can mend it, the whole of it where we must
 */
export function describeFailure(error) {
  if (error instanceof UserError) return error.message;
  if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') {
    const path = 'path' in error ? ` for ${String(error.path)}` : '';
    return `No space is left on the disk${path}. Free some (about 2 GB are needed in all) and run the command again.`;
  }
  if (error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'))
    return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/**
 * Runs a script's main function; a failure is printed and becomes exit code 1.
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
