/**
 * Text from outside (names of files, trees and tokens, messages of pushes, words of a server) as VS Code must show it: VS
 * Code parses links in notifications and input boxes, and icons in lists and in the status bar. A link may name a command,
 * which a click runs.
 */

/** Control characters, line separators, and characters that change the order of the text around them. */
const invisible = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;
const invisibleInLines = /(?!\n)[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;
/** rsync returns to the start of a line to show its progress. */
const invisibleInTerminal = /(?![\n\r\t])[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;
const replacement = '\uFFFD';
/** Has no width, and no line breaks at it. */
const wordJoiner = '\u2060';

/** The text on one line. */
export function plainLine(text: string): string {
  return text.replace(invisible, replacement);
}

/** The text, which may have several lines. */
export function plainLines(text: string): string {
  return text.replace(invisibleInLines, replacement);
}

/** The text without escape sequences, which could move the cursor, open links or write the clipboard. */
export function plainOutput(text: string): string {
  return text.replace(invisibleInTerminal, replacement);
}

/** The text on one line, for a place where VS Code makes a link of `[text](command:…)`, and an icon of `$(name)`. */
export function withoutLinks(text: string): string {
  return withoutIcons(text).replaceAll('](', `]${wordJoiner}(`);
}

/** The text on one line, for a place where VS Code makes an icon of `$(name)`. */
export function withoutIcons(text: string): string {
  return plainLine(text).replaceAll('$(', `$${wordJoiner}(`);
}
