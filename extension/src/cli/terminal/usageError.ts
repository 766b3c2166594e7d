/** The user has to call the command in another way. Its message is shown as it is. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
