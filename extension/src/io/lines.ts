import { turns } from './turns';

/** The lines of a text in UTF-8, as many at once as a piece of it has; others have their turn between them. */
export async function* linesOf(text: ReadableStream<Uint8Array>): AsyncGenerator<string[]> {
  const pause = turns();
  let rest = '';
  for await (const piece of text.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    if (lines.length > 0) yield lines;
    await pause();
  }
  if (rest !== '') yield [rest];
}
