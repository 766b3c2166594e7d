/** An access token, without its secret. */
export interface Token {
  readonly id: number;
  readonly name: string;
  /** The trees that the token is limited to; null when it is not limited. */
  readonly trees: readonly string[] | null;
}
