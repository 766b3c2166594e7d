/** The longest wait for one thing in a UI test, in ms: a busy machine shows it after seconds, and a missing one fails. */
export const timeoutMs = 60_000;
