const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;

export type Color = keyof typeof codes;

/** Colors a text, or leaves it as it is. */
export type Style = (color: Color, text: string) => string;

/** Colors only on a terminal, and not if NO_COLOR is set (https://no-color.org) or the terminal is dumb. */
export function styleFor(stream: { readonly isTTY?: boolean }, environment: NodeJS.ProcessEnv): Style {
  const isColored = stream.isTTY === true && !environment['NO_COLOR'] && environment['TERM'] !== 'dumb';
  return isColored ? (color, text) => `\u001B[${codes[color]}m${text}\u001B[0m` : (_color, text) => text;
}
