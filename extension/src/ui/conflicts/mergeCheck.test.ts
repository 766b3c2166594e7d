import { describe, expect, it, vi } from 'vitest';
import type { LogOutputChannel } from 'vscode';
import type { RecordedMerge } from '../workspace/activeMerges';
import type { SyncedFolder } from '../workspace/workspaceFolders';
import { mergeConcern } from './mergeCheck';

/** The sides of the merge; one that is missing cannot be read. */
let sides: Readonly<Record<string, string>> = {};

vi.mock('vscode', () => ({
  l10n: { t: (text: string) => text },
  workspace: {
    fs: {
      readFile: (side: string) => {
        const text = sides[side];
        return text === undefined ? Promise.reject(new Error('unreachable')) : Promise.resolve(Buffer.from(text));
      },
    },
  },
}));
vi.mock('./mergeEditor', () => ({ mergeDocuments: () => ({ base: 'base', mine: 'mine', theirs: 'theirs' }) }));
vi.mock('../workspace/activeMerges', () => ({ isMergeCurrent: () => true }));

const all = { base: 'a\nb\nc\n', mine: 'a\nmine\nc\n', theirs: 'a\ntheirs\nc\n' };

function concern(text: string, readable: Readonly<Record<string, string>>, editor: RecordedMerge['editor'] = 'merge') {
  sides = readable;
  const log = { warn: () => undefined } as unknown as LogOutputChannel;
  return mergeConcern({} as SyncedFolder, { path: 'a', editor } as RecordedMerge, text, log);
}

describe('the concern about a merge', () => {
  it.each(['merge', 'text'] as const)('is unknown if a side cannot be read, in a %s editor', async (editor) => {
    const { base, mine, theirs } = all;
    for (const readable of [{}, { mine, theirs }, { base, mine }, { base, theirs }]) {
      expect(await concern('a\nmine\ntheirs\nc\n', readable, editor)).toBe('not compared');
    }
  });

  it('depends on the sides that are in the text, if all can be read', async () => {
    expect(await concern(all.base, all)).toBe('as synced');
    expect(await concern(all.mine, all)).toBe('as mine');
    expect(await concern('a\nmine, edited\nc\n', all)).toBe('without theirs');
    expect(await concern('a\nmine\ntheirs\nc\n', all)).toBeUndefined();
  });

  it('is that mine is kept, even if the server cannot be reached', async () => {
    expect(await concern(all.mine, { mine: all.mine })).toBe('as mine');
  });
});
