/** What keeps the command from doing its work and the user can mend: told in one line, exit code 1. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
