import { describe, expect, it } from 'vitest';
import type { TransferProgress } from '../transfer/transferProgress';
import type { Screen } from '../transfer/transferRequest';
import { Outage } from './outage';
import { HttpProgress } from './progress';

function progressOf(sizes: Readonly<Record<string, number>>) {
  const shown: string[] = [];
  const screen: Screen = { write: () => undefined, retrying: () => undefined };
  const onProgress = ({ files, bytes }: TransferProgress): void => void shown.push(`${files} files, ${bytes} bytes`);
  const request = { sizes: new Map(Object.entries(sizes)), screen, onProgress };
  const outage = new Outage({ screen, signal: new AbortController().signal });
  return { shown, progress: new HttpProgress(request, outage) };
}

describe('the progress of a transfer over HTTP', () => {
  it('counts files without content', () => {
    const { shown, progress } = progressOf({ a: 0, b: 0 });
    progress.ended('a', 0);
    expect(shown).toEqual(['1 files, 0 bytes']);
  });

  it('does not say that all is there while the last bytes are on their way', () => {
    const { shown, progress } = progressOf({ a: 9, b: 0 });
    progress.at('a', 9);
    expect(shown).toEqual([]);
    progress.ended('a', 9);
    expect(shown).toEqual(['1 files, 9 bytes']);
  });
});
