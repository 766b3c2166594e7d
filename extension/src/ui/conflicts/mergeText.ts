/** Without the mark at the beginning: an editor keeps that for itself. */
export function withoutMark(text: string): string {
  return text.replace(/^\uFEFF/, '');
}

/** Whether two texts are the same in an editor, which has line ends of its own. */
export function sameLines(one: string, other: string): boolean {
  return comparable(one) === comparable(other);
}

function comparable(text: string): string {
  return withoutMark(text).replaceAll(/\r\n?/g, '\n');
}
