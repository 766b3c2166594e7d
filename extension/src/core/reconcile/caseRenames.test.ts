import { describe, expect, it } from 'vitest';
import { linux, mac, table } from '../testing/fixtures';
import { reconcile } from '../testing/reconcile';
import { caseRenames } from './caseRenames';

const [composed, decomposed] = ['caf\u00e9', 'cafe\u0301'];

describe('caseRenames', () => {
  it('finds files whose names change only in spelling', () => {
    const before = table({ 'd/a.md': '1', [decomposed]: '2', x: '3' });
    const after = table({ 'D/A.md': '9', [composed]: '2', y: '3' });
    const { downloads } = reconcile(before, before, after);
    expect(caseRenames(downloads, mac)).toEqual([
      { from: 'd/a.md', to: 'D/A.md' },
      { from: decomposed, to: composed },
    ]);
    expect(caseRenames(downloads, linux)).toEqual([]);
  });
});
