import { describe, expect, it } from 'vitest';
import { Pages, type Page } from './pages';

/** A list whose answers come when the test says so. */
function scene() {
  const questions: {
    before: number | undefined;
    answer: (page: Page<number>) => void;
    fail: (error: Error) => void;
  }[] = [];
  const seen: (readonly number[])[] = [];
  const pages: Pages<number> = new Pages({
    fetch: (before) =>
      new Promise<Page<number>>((answer, fail) => {
        questions.push({ before, answer, fail });
      }),
    keyOf: String,
    onChange: () => seen.push(pages.items),
  });
  return { pages, questions, seen };
}

describe('a list in pages', () => {
  it('asks for what is before the last one, until there is no more', async () => {
    const { pages, questions } = scene();
    const first = pages.reload();
    expect(pages.isAnswered).toBe(false);
    questions[0]?.answer({ items: [5, 4], more: true });
    await first;
    expect([pages.items, pages.hasMore, pages.isAnswered]).toEqual([[5, 4], true, true]);
    const second = pages.loadMore();
    expect(questions[1]?.before).toBe(4);
    questions[1]?.answer({ items: [3], more: false });
    await second;
    expect([pages.items, pages.hasMore]).toEqual([[5, 4, 3], false]);
  });

  it('ignores an answer that was overtaken by another question', async () => {
    const { pages, questions, seen } = scene();
    const slow = pages.reload();
    const quick = pages.reload();
    questions[1]?.answer({ items: [6, 5], more: false });
    await quick;
    questions[0]?.answer({ items: [5], more: false });
    await slow;
    expect(seen).toEqual([[6, 5]]);
  });

  it('keeps older pages when newer items come', async () => {
    const { pages, questions } = scene();
    const first = pages.reload();
    questions[0]?.answer({ items: [5, 4], more: true });
    await first;
    const older = pages.loadMore();
    const newer = pages.reload();
    questions[2]?.answer({ items: [6, 5], more: true });
    await newer;
    expect([pages.items, pages.hasMore]).toEqual([[6, 5, 4], true]);
    questions[1]?.answer({ items: [3, 2], more: false });
    await older;
    expect([pages.items, pages.hasMore]).toEqual([[6, 5, 4, 3, 2], false]);
    const again = pages.reload();
    questions[3]?.answer({ items: [7, 6], more: true });
    await again;
    expect([pages.items, pages.hasMore]).toEqual([[7, 6, 5, 4, 3, 2], false]);
  });

  it('begins anew when more has come than a page holds, so that no gap is drawn', async () => {
    const { pages, questions } = scene();
    const first = pages.reload();
    questions[0]?.answer({ items: [5, 4], more: false });
    await first;
    const second = pages.reload();
    questions[1]?.answer({ items: [9, 8], more: true });
    await second;
    expect([pages.items, pages.hasMore]).toEqual([[9, 8], true]);
    const third = pages.loadMore();
    expect(questions[2]?.before).toBe(8);
    questions[2]?.answer({ items: [7, 6], more: true });
    await third;
    expect(pages.items).toEqual([9, 8, 7, 6]);
  });

  it('keeps what it shows when a question fails, and says why', async () => {
    const { pages, questions } = scene();
    const first = pages.reload();
    questions[0]?.answer({ items: [2, 1], more: false });
    await first;
    const failure = new Error('the server is down');
    const second = pages.reload();
    questions[1]?.fail(failure);
    await second;
    expect([pages.items, pages.error, pages.isAnswered]).toEqual([[2, 1], failure, false]);
    const third = pages.reload();
    questions[2]?.answer({ items: [3, 2, 1], more: false });
    await third;
    expect([pages.items, pages.error]).toEqual([[3, 2, 1], undefined]);
  });
});
