/** The characters that a terminal shows in two columns: of East Asian scripts, in full width, and emoji. */
const wide =
  /[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uA960-\uA97F\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF01-\uFF60\uFFE0-\uFFE6\u{1F300}-\u{1FAFF}\u{20000}-\u{3FFFD}]|\p{Emoji_Presentation}/u;
/** Characters that are part of the one before. An emoji in parts counts for more columns than some terminals need. */
const joined = /[\p{Mn}\p{Me}\p{Cf}]/u;
/** Makes an emoji of the character before, which takes a second column. */
const emojiStyle = '\uFE0F';

/** The beginning of `text` that a terminal shows in this many columns. */
export function cutToWidth(text: string, columns: number): string {
  let width = 0;
  let end = 0;
  for (const character of text) {
    width += widthOf(character);
    if (width > columns) break;
    end += character.length;
  }
  return text.slice(0, end);
}

function widthOf(character: string): number {
  if (character === emojiStyle) return 1;
  if (joined.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}
