import { expect, test } from 'vitest';
import { FrameReader, frameHead, frameType, type Frame, type FrameType } from './frames';

const frame = (type: FrameType, payload: string): Buffer =>
  Buffer.concat([frameHead(type, payload.length), Buffer.from(payload)]);

/** The frames of the pieces, with parts of the same data joined. */
function read(pieces: readonly Buffer[]): [FrameType, string][] {
  const reader = new FrameReader();
  const frames: [FrameType, string][] = [];
  let left = '';
  for (const { type, payload } of pieces.flatMap((piece): Frame[] => [...reader.read(piece)])) {
    if (type === frameType.data) left += payload.toString();
    else frames.push([type, payload.toString()]);
  }
  return [...frames, [frameType.data, left]];
}

test('frames are read alike however their bytes are cut', () => {
  const stream = Buffer.concat([
    frame(frameType.data, 'hello'),
    frame(frameType.ping, ''),
    frame(frameType.data, ''),
    frame(frameType.pong, 'pong'),
    frame(frameType.data, ' world'.repeat(1000)),
    frame(frameType.close, 'xxreason'),
  ]);
  const whole = read([stream]);
  expect(whole).toEqual([
    [frameType.ping, ''],
    [frameType.pong, 'pong'],
    [frameType.close, 'xxreason'],
    [frameType.data, `hello${' world'.repeat(1000)}`],
  ]);
  for (const length of [1, 2, 3, 5, 7, 4096]) {
    const pieces = Array.from({ length: Math.ceil(stream.length / length) }, (_, index) => {
      return Buffer.from(stream.subarray(index * length, (index + 1) * length));
    });
    expect(read(pieces)).toEqual(whole);
  }
});

test('data is passed on before its frame is complete, without a copy', () => {
  const reader = new FrameReader();
  const bytes = Buffer.concat([frameHead(frameType.data, 100), Buffer.alloc(30, 'x')]);
  const [part] = [...reader.read(bytes)];
  expect(part?.payload.length).toBe(30);
  expect(part?.payload.buffer).toBe(bytes.buffer);
  expect([...reader.read(Buffer.alloc(70, 'y'))].map(({ payload }) => payload.length)).toEqual([70]);
});

test.each([
  ['an unknown type', Buffer.of(4, 0, 0, 0)],
  ['too much data', Buffer.of(0, 0x40, 0, 1)],
  ['a control frame that is too long', Buffer.of(1, 0, 0, 126)],
])('a frame with %s is refused', (_what, head) => {
  expect(() => [...new FrameReader().read(head)]).toThrow(RangeError);
});

test('an empty message counts as one', () => {
  expect([...new FrameReader().read(frameHead(frameType.data, 0))]).toHaveLength(1);
});
