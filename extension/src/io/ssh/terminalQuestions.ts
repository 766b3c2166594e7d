import type { SshQuestions } from './sshQuestion';

/** The time in milliseconds in which the user may answer ssh: this process does not see whether ssh waits for an answer. */
const patienceMs = 300_000;

/** ssh asks on the terminal by itself. `onClose` is called when it asks no more. */
export function terminalQuestions(onClose: () => void): SshQuestions {
  const begun = performance.now();
  return {
    environment: {},
    isOnTerminal: true,
    wasCancelled: false,
    idleMs: () => Math.max(0, performance.now() - begun - patienceMs),
    close: onClose,
  };
}
