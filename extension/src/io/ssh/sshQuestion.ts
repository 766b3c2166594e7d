/** A question that ssh asks the user. */
export interface SshQuestion {
  readonly prompt: string;
  /** `confirm` for yes or no, `none` for a text that wants no answer, else empty; older versions of ssh do not say. */
  readonly kind: string;
}

export interface AskpassAnswer {
  /** Undefined if the user gave none. */
  readonly answer?: string | undefined;
}

/** The environment variable with the path of the socket that takes the questions. */
export const socketVariable = 'PALMTREE_ASKPASS_SOCKET';

/** Lets the questions of one ssh reach the user. */
export interface SshQuestions {
  readonly environment: Readonly<Record<string, string>>;
  /** Whether ssh asks on the terminal of this process by itself. */
  readonly isOnTerminal: boolean;
  /** Whether the user left a question without an answer. */
  readonly wasCancelled: boolean;
  /** The time in milliseconds since ssh last waited for an answer; 0 while it waits, or may do so. */
  idleMs(): number;
  close(): void;
}
