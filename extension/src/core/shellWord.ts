/** `text` as one word of a POSIX shell or zsh. fish reads it the same as long as it has no quote. */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
