import { expect, it } from 'vitest';
import { ManualTimers } from '../../../test/support/manualTimers';
import { ReportThrottle } from './reportThrottle';

it('reports at once, joins a flood into reports that become rare, and then reports at once again', async () => {
  const timers = new ManualTimers();
  let reports = 0;
  const throttle = new ReportThrottle(() => reports++, new AbortController().signal, timers.wait);
  throttle.request();
  expect(reports).toBe(1);
  for (const [index, pause] of [250, 500, 1_000, 2_000, 4_000, 8_000, 8_000].entries()) {
    for (let request = 0; request < 1_000; request++) throttle.request();
    expect(reports).toBe(1 + index);
    await timers.fire(pause);
    await expect.poll(() => reports).toBe(2 + index);
  }
  await timers.fire(8_000);
  await expect.poll(() => timers.running).toBe(0);
  throttle.request();
  expect(reports).toBe(9);
  await timers.fire(250);
});

it('reports nothing more when it has ended', async () => {
  const timers = new ManualTimers();
  const end = new AbortController();
  let reports = 0;
  const throttle = new ReportThrottle(() => reports++, end.signal, timers.wait);
  throttle.request();
  throttle.request();
  end.abort();
  await expect.poll(() => timers.running).toBe(0);
  expect(reports).toBe(1);
});
