import { expect, it, vi } from 'vitest';
import { ExtensionApi, type ApiDeps } from './palmtreeApi';

vi.mock('vscode', () => ({
  l10n: { t: (text: string) => text },
  env: { language: 'en' },
  ThemeColor: class {},
  ThemeIcon: class {},
  TreeItem: class {},
  Uri: class {},
  EventEmitter: class {
    readonly #listeners: ((value: unknown) => void)[] = [];
    readonly event = (listener: (value: unknown) => void) => void this.#listeners.push(listener);
    fire(value: unknown): void {
      for (const listener of this.#listeners) listener(value);
    }
  },
}));

it('names the conflicts of a folder that is opened again', () => {
  const uri = { toString: () => 'file:///desk' };
  const opened = () => ({ folder: { uri }, sync: { conflicts: [{ path: 'a.md' }] } });
  const folders = {
    all: [opened()],
    changed: (): void => undefined,
    onDidChange: (listener: () => void) => void (folders.changed = listener),
    onDidPush: () => undefined,
    onDidPull: () => undefined,
  };
  const api = new ExtensionApi({ folders } as unknown as ApiDeps);
  const found: (readonly string[])[] = [];
  api.onDidConflict(({ paths }) => found.push(paths));
  folders.changed();
  folders.changed();
  expect(found).toEqual([['a.md']]);
  folders.all = [];
  folders.changed();
  folders.all = [opened()];
  folders.changed();
  expect(found).toEqual([['a.md'], ['a.md']]);
});
