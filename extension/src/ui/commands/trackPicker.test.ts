import { afterEach, expect, it, vi } from 'vitest';
import type { SyncedFolder } from '../workspace/workspaceFolders';
import { pickTracked } from './trackPicker';

type Listener = (argument: unknown) => void;

/** As much of VS Code's list as the picker uses. `fire` calls what listens to an event. */
class FakeList {
  readonly #listeners = new Map<string, Listener>();
  readonly on = (event: string) => (listener: Listener) => void this.#listeners.set(event, listener);
  readonly onDidChangeSelection = this.on('selection');
  readonly onDidTriggerItemButton = this.on('itemButton');
  readonly onDidTriggerButton = this.on('button');
  readonly onDidChangeValue = this.on('value');
  readonly onDidAccept = this.on('accept');
  readonly onDidHide = this.on('hide');
  items: readonly unknown[] = [];
  title = '';
  value = '';
  show(): void {}
  dispose(): void {}

  fire(event: string, argument?: unknown): void {
    this.#listeners.get(event)?.(argument);
  }

  type(text: string): void {
    this.value = text;
    this.fire('value', text);
  }
}

let list: FakeList;
/** The reading of a folder waits for it. */
let reading: Promise<void> = Promise.resolve();

vi.mock('vscode', () => ({
  l10n: { t: (text: string) => text },
  env: { language: 'en' },
  FileType: { Directory: 2 },
  QuickInputButtons: {},
  ThemeIcon: class {},
  TabInputText: class {},
  TabInputTextDiff: class {},
  TabInputNotebook: class {},
  TabInputNotebookDiff: class {},
  TabInputCustom: class {},
  Uri: { joinPath: (_: unknown, path: string) => path },
  window: { createQuickPick: () => (list = new FakeList()), tabGroups: { activeTabGroup: {} } },
  workspace: {
    fs: {
      readDirectory: async (path: string) => {
        await reading;
        return path === '' ? [['a', 2]] : [['b.md', 1]];
      },
    },
  },
}));

const measured = vi.fn(() => Promise.resolve({ files: 1, bytes: 1, isPartial: false }));
const selection = () => ({ excludedBy: () => undefined, tracksFolder: () => false, includes: () => false });
const owner = {
  folder: { name: 'desk', uri: {} },
  sync: { choice: { selection, measure: measured } },
} as unknown as SyncedFolder;

afterEach(() => {
  reading = Promise.resolve();
  measured.mockClear();
});

it('tracks a typed path once, starting from the folder that it shows', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const typed = vi.fn(() => promise);
  const picking = pickTracked(owner, typed);
  await vi.waitFor(() => expect(list.items).toHaveLength(1));
  list.type('a/');
  await vi.waitFor(() => expect(list.title).toMatch(/desk\/a$/));
  list.type('b.md');
  list.fire('accept');
  list.fire('accept');
  resolve();
  expect(await picking).toBeUndefined();
  expect(typed.mock.calls).toEqual([['b.md', 'a']]);
});

it('measures nothing once it is closed', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  reading = promise;
  const picking = pickTracked(owner, () => Promise.resolve());
  list.fire('hide');
  await expect(picking).rejects.toMatchObject({ code: 'cancelled' });
  resolve();
  await new Promise((done) => setImmediate(done));
  expect([measured.mock.calls, list.items]).toEqual([[], []]);
});
