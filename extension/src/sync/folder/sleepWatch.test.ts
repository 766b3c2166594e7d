import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SleepWatch } from './sleepWatch';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('the sleep watch', () => {
  it.each([
    ['an hour of sleep', 3_600_000, 1],
    ['half a minute of sleep', 30_000, 1],
    ['a busy machine', 8_000, 0],
    ['a clock that is set back', -3_600_000, 0],
  ])('distinguishes %s', (_, jumpMs, wakes) => {
    const onWake = vi.fn();
    const watch = new SleepWatch(onWake);
    vi.advanceTimersByTime(20_000);
    vi.setSystemTime(Date.now() + jumpMs);
    vi.advanceTimersByTime(20_000);
    expect(onWake).toHaveBeenCalledTimes(wakes);
    watch.dispose();
    expect(vi.getTimerCount()).toBe(0);
  });
});
