/** `text` as one word of a POSIX shell or zsh. fish reads it the same as long as it has no quote. */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** `text` as a word of a shell, with quotes only where it needs them. */
export function shellArgument(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : shellWord(text);
}
