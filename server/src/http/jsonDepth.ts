/** No request has a deeper value. V8 takes a microsecond for each level, and so seconds for a body of brackets. */
const maxDepth = 16;

const [newline, quote, backslash, openArray, closeArray, openObject, closeObject] = Buffer.from('\n"\\[]{}');

/** Whether a line of JSON text, which need not be valid, nests values deeper than any request does. */
export function isTooDeep(text: Uint8Array): boolean {
  if (isFlat(text)) return false;
  let depth = 0;
  let isInString = false;
  for (let index = 0; index < text.length; index++) {
    const byte = text[index];
    if (byte === newline) {
      depth = 0;
      isInString = false;
    } else if (byte === quote) isInString = !isInString;
    else if (!isInString) {
      if (byte === openArray || byte === openObject) {
        if (++depth > maxDepth) return true;
      } else if (byte === closeArray || byte === closeObject) depth--;
    } else if (byte === backslash) index++;
  }
  return false;
}

/** Whether each line has at most one bracket, the brace at its start, as nearly all lines of a push have. */
function isFlat(text: Uint8Array): boolean {
  if (openArray === undefined || openObject === undefined || text.includes(openArray)) return false;
  for (let at = text.indexOf(openObject); at !== -1; at = text.indexOf(openObject, at + 1)) {
    if (at > 0 && text[at - 1] !== newline) return false;
  }
  return true;
}
