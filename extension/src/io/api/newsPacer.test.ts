import { expect, it } from 'vitest';
import { ManualTimers } from '../../../test/support/manualTimers';
import { NewsPacer } from './newsPacer';

it('reports at once, joins a flood into reports that become rare, and then reports at once again', async () => {
  const timers = new ManualTimers();
  let reports = 0;
  const pacer = new NewsPacer(() => reports++, new AbortController().signal, timers.wait);
  pacer.note();
  expect(reports).toBe(1);
  for (const [index, pause] of [250, 500, 1_000, 2_000, 4_000, 8_000, 8_000].entries()) {
    for (let news = 0; news < 1_000; news++) pacer.note();
    expect(reports).toBe(1 + index);
    await timers.fire(pause);
    await expect.poll(() => reports).toBe(2 + index);
  }
  await timers.fire(8_000);
  await expect.poll(() => timers.running).toBe(0);
  pacer.note();
  expect(reports).toBe(9);
  await timers.fire(250);
});

it('reports nothing more when it has ended', async () => {
  const timers = new ManualTimers();
  const end = new AbortController();
  let reports = 0;
  const pacer = new NewsPacer(() => reports++, end.signal, timers.wait);
  pacer.note();
  pacer.note();
  end.abort();
  await expect.poll(() => timers.running).toBe(0);
  expect(reports).toBe(1);
});
