import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { StatusLine } from './statusLine';

let written = '';
const stream = { columns: 80, write: (text: string) => void (written += text) } as unknown as NodeJS.WriteStream;

beforeEach(() => {
  written = '';
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

it('draws nothing over a question, and goes on when all are answered', () => {
  const line = new StatusLine(stream);
  line.show('Scanning');
  vi.advanceTimersByTime(1_000);
  expect(written).toContain('Scanning');
  line.pause();
  line.pause();
  expect(written.endsWith('\r\u001B[K')).toBe(true);
  written = '';
  line.resume();
  line.show('Sending');
  vi.advanceTimersByTime(1_000);
  expect(written).toBe('');
  line.resume();
  line.show('Sending');
  vi.advanceTimersByTime(1_000);
  expect(written).toContain('Sending');
  line.end();
});

it('removes its text from the terminal when nothing runs any more', () => {
  const line = new StatusLine(stream);
  line.show('Receiving 3 files');
  vi.advanceTimersByTime(1_000);
  line.end();
  expect(written.endsWith('\r\u001B[K')).toBe(true);
  written = '';
  vi.advanceTimersByTime(1_000);
  expect(written).toBe('');
});
