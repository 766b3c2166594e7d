export interface FigureRow {
  readonly name: string;
  readonly figures: Readonly<Record<string, number>>;
}

export interface PartResult {
  readonly name: string;
  readonly seconds: number;
  readonly figures: readonly FigureRow[];
  /** The output of each process that found a violation. */
  readonly failures: readonly string[];
}
