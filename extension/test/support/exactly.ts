/** Matches the whole text of an element, of which Playwright's `exact` matches a part that is an element too. */
export function exactly(text: string): RegExp {
  return new RegExp(`^\\s*${text.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&')}\\s*$`);
}
