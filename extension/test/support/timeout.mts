/** The longest wait for one thing in a UI test, in ms. Even a busy machine shows it within seconds, unless it is missing. */
export const timeoutMs = 60_000;
