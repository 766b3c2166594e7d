/** An access token, without its secret. */
export interface Token extends TokenLimits {
  readonly id: number;
  readonly name: string;
}

export interface TokenLimits {
  /** The trees that the token is limited to; null when it is not limited. */
  readonly trees: readonly string[] | null;
  /** Whether the token may change nothing. */
  readonly readOnly: boolean;
}

export const unlimited: TokenLimits = { trees: null, readOnly: false };
