/** Matches the whole text of an element. Playwright's `exact` also matches if an element inside has exactly this text. */
export function exactly(text: string): RegExp {
  return new RegExp(`^\\s*${text.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&')}\\s*$`);
}
