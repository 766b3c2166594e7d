import { sha256 } from '../../io/fs/sha256';

/** The text without its byte order mark, which an editor keeps apart. */
export function withoutBom(text: string): string {
  return text.replace(/^\uFEFF/, '');
}

/** Whether two texts are the same in an editor, which has line endings of its own. */
export function sameLines(one: string, other: string): boolean {
  return normalized(one) === normalized(other);
}

/** A hash that is equal for texts that are the same in an editor. */
export function hashOfLines(text: string): string {
  return sha256(normalized(text));
}

function normalized(text: string): string {
  return withoutBom(text).replaceAll(/\r\n?/g, '\n');
}
