import { describe, expect, it } from 'vitest';
import { EventParser } from './eventParser';

const stream =
  ': \n\nevent: revision\nid: 4\ndata: {"author":"bücher 🌴"}\n\n: beat\n\ndata: one\ndata:two\n\nevent: none\n\ndata: cut';
const events = [
  { event: 'revision', data: '{"author":"bücher 🌴"}' },
  { event: 'message', data: 'one\ntwo' },
];

describe('the parser of an event stream', () => {
  it.each([
    ['line feeds', '\n'],
    ['carriage returns with line feeds', '\r\n'],
    ['carriage returns', '\r'],
  ])('finds events separated by %s, however the bytes are split', (_, lineBreak) => {
    const bytes = new TextEncoder().encode(stream.replaceAll('\n', lineBreak));
    for (const size of [1, 2, 3, 7, bytes.length]) {
      const parser = new EventParser();
      const found = [];
      for (let at = 0; at < bytes.length; at += size) found.push(...parser.push(bytes.subarray(at, at + size)));
      expect(found).toEqual(events);
    }
  });
});

it('rejects an event that is too large, in one line or in many, and no number of heartbeats', () => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  expect(() => new EventParser().push(bytes(`data: ${'x'.repeat(70_000)}`))).toThrow('more than');
  expect(() => new EventParser().push(bytes('data: x\n'.repeat(10_000)))).toThrow('more than');
  const parser = new EventParser();
  expect(parser.push(bytes(': heartbeat\n\n'.repeat(10_000)))).toEqual([]);
  expect(parser.push(bytes(': heartbeat\n'.repeat(10_000)))).toEqual([]);
  expect(parser.push(bytes('data: x\n\n'))).toEqual([{ event: 'message', data: 'x' }]);
});
