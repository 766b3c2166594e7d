import { PassThrough } from 'node:stream';
import { afterEach, expect, it, vi } from 'vitest';
import { askSecret } from './questions';

afterEach(() => vi.restoreAllMocks());

it('ends a question for a secret when the command is cancelled, and leaves the terminal as it was', async () => {
  const modes: boolean[] = [];
  const stdin = Object.assign(new PassThrough(), { setRawMode: (isRaw: boolean) => void modes.push(isRaw) });
  vi.spyOn(process, 'stdin', 'get').mockReturnValue(stdin as unknown as typeof process.stdin);
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const cancel = new AbortController();
  let isPaused = true;
  const out = { pause: () => () => void (isPaused = false) };
  const answer = askSecret({ out, signal: cancel.signal }, 'Token: ');
  stdin.write('secr');
  cancel.abort();
  await expect(answer).rejects.toMatchObject({ code: 'cancelled' });
  expect(modes).toEqual([true, false]);
  expect(stdin.isPaused()).toBe(true);
  expect(isPaused).toBe(false);
  await expect(askSecret({ out, signal: cancel.signal }, 'Token: ')).rejects.toMatchObject({ code: 'cancelled' });
});
