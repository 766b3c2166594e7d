import { describe, expect, it } from 'vitest';
import { Pages, type Page } from './pages';

/** A list whose requests the test answers. */
function createPages() {
  const requests: {
    last: number | undefined;
    answer: (page: Page<number>) => void;
    fail: (error: Error) => void;
  }[] = [];
  const seen: (readonly number[])[] = [];
  const pages: Pages<number> = new Pages({
    fetch: (last) =>
      new Promise<Page<number>>((answer, fail) => {
        requests.push({ last, answer, fail });
      }),
    keyOf: String,
    onChange: () => seen.push(pages.items),
  });
  return { pages, requests, seen };
}

describe('a list in pages', () => {
  it('loads the page after the last item, until there is no more', async () => {
    const { pages, requests } = createPages();
    const first = pages.reload();
    expect(pages.isLoaded).toBe(false);
    requests[0]?.answer({ items: [5, 4], more: true });
    await first;
    expect([pages.items, pages.hasMore, pages.isLoaded]).toEqual([[5, 4], true, true]);
    const second = pages.loadMore();
    expect(requests[1]?.last).toBe(4);
    requests[1]?.answer({ items: [3], more: false });
    await second;
    expect([pages.items, pages.hasMore]).toEqual([[5, 4, 3], false]);
  });

  it('ignores a reload that a later one overtook', async () => {
    const { pages, requests, seen } = createPages();
    const slow = pages.reload();
    const quick = pages.reload();
    requests[1]?.answer({ items: [6, 5], more: false });
    await quick;
    requests[0]?.answer({ items: [5], more: false });
    await slow;
    expect(seen).toEqual([[6, 5]]);
  });

  it('keeps older pages when newer items are added', async () => {
    const { pages, requests } = createPages();
    const first = pages.reload();
    requests[0]?.answer({ items: [5, 4], more: true });
    await first;
    const older = pages.loadMore();
    const newer = pages.reload();
    requests[2]?.answer({ items: [6, 5], more: true });
    await newer;
    expect([pages.items, pages.hasMore]).toEqual([[6, 5, 4], true]);
    requests[1]?.answer({ items: [3, 2], more: false });
    await older;
    expect([pages.items, pages.hasMore]).toEqual([[6, 5, 4, 3, 2], false]);
    const again = pages.reload();
    requests[3]?.answer({ items: [7, 6], more: true });
    await again;
    expect([pages.items, pages.hasMore]).toEqual([[7, 6, 5, 4, 3, 2], false]);
  });

  it('starts again when more items were added than a page has, so that there is no gap', async () => {
    const { pages, requests } = createPages();
    const first = pages.reload();
    requests[0]?.answer({ items: [5, 4], more: false });
    await first;
    const second = pages.reload();
    requests[1]?.answer({ items: [9, 8], more: true });
    await second;
    expect([pages.items, pages.hasMore]).toEqual([[9, 8], true]);
    const third = pages.loadMore();
    expect(requests[2]?.last).toBe(8);
    requests[2]?.answer({ items: [7, 6], more: true });
    await third;
    expect(pages.items).toEqual([9, 8, 7, 6]);
  });

  it('keeps its items when a request fails, and returns the error', async () => {
    const { pages, requests } = createPages();
    const first = pages.reload();
    requests[0]?.answer({ items: [2, 1], more: false });
    await first;
    const failure = new Error('the server is down');
    const second = pages.reload();
    requests[1]?.fail(failure);
    await second;
    expect([pages.items, pages.error, pages.isLoaded]).toEqual([[2, 1], failure, false]);
    const third = pages.reload();
    requests[2]?.answer({ items: [3, 2, 1], more: false });
    await third;
    expect([pages.items, pages.error]).toEqual([[3, 2, 1], undefined]);
  });
});
