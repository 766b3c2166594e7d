import { beforeEach, expect, it, vi } from 'vitest';
import type { SyncedFolder } from '../workspace/workspaceFolders';
import { SourceControls, type SourceControlsDeps } from './sourceControls';

const sourceControls: { label: string; isDisposed: boolean; inputBox: { value: string } }[] = [];
let workspaceFolders: readonly unknown[] = [];
/** The repositories of git are found once it resolves. */
let git: Promise<void> = Promise.resolve();
const uri = { path: '/desk' };
const gitApi = {
  state: 'initialized',
  repositories: [{ rootUri: uri }],
  onDidOpenRepository: () => undefined,
  onDidCloseRepository: () => undefined,
};

vi.mock('vscode', () => ({
  l10n: { t: (text: string) => text },
  env: { language: 'en' },
  Disposable: { from: () => ({ dispose: () => undefined }) },
  EventEmitter: class {},
  ThemeColor: class {},
  ThemeIcon: class {},
  TreeItem: class {},
  Uri: class {},
  extensions: {
    getExtension: () => ({ activate: () => git.then(() => ({ enabled: true, getAPI: () => gitApi })) }),
  },
  scm: {
    createSourceControl: (_: string, label: string) => {
      const control = {
        label,
        isDisposed: false,
        inputBox: { value: '', placeholder: '' },
        createResourceGroup: (id: string) => ({ id, label: id, resourceStates: [] }),
        dispose: () => void (control.isDisposed = true),
      };
      sourceControls.push(control);
      return control;
    },
  },
  workspace: {
    get workspaceFolders() {
      return workspaceFolders;
    },
    onDidChangeConfiguration: () => undefined,
    onDidCloseTextDocument: () => ({ dispose: () => undefined }),
  },
}));
vi.mock('../shared/settings', () => ({ setting: () => true }));

beforeEach(() => {
  sourceControls.length = 0;
  workspaceFolders = ['desk', 'other'];
  git = Promise.resolve();
});

function controlsOf(sync: object) {
  const folder = { name: 'desk', uri };
  const owner = {
    folder,
    sync: { pathStates: new Map(), state: {}, conflicts: [], folderSummaries: new Map(), ...sync },
  };
  let changed = (): void => undefined;
  const log = { error: vi.fn() };
  const controls = new SourceControls({
    folders: { all: [owner], onDidChange: (listener: () => void) => void (changed = listener) },
    merges: { onDidChange: () => undefined, pathsIn: () => new Set() },
    mergeable: { onDidChange: () => undefined },
    log,
  } as unknown as SourceControlsDeps);
  return { controls, log, owner: owner as unknown as SyncedFolder, change: () => changed() };
}

it('keeps the typed message under another label, and until the folder is connected again', async () => {
  const sync = { isConnected: true };
  const { controls, owner, change } = controlsOf(sync);
  change();
  await vi.waitFor(() => expect(sourceControls.map(({ label }) => label)).toEqual(['Palmtree: desk']));
  Object.assign(sourceControls[0]?.inputBox ?? {}, { value: 'Plan the beds' });
  workspaceFolders = ['desk'];
  change();
  expect(sourceControls.map(({ label, isDisposed }) => [label, isDisposed])).toEqual([
    ['Palmtree: desk', true],
    ['Palmtree', false],
  ]);
  expect(controls.messageOf(owner)).toBe('Plan the beds');
  Object.assign(owner.sync, { isConnected: false });
  change();
  Object.assign(owner.sync, { isConnected: true });
  change();
  expect(sourceControls).toHaveLength(3);
  expect(controls.messageOf(owner)).toBe('Plan the beds');
  controls.dispose();
});

it('shows nothing once it is disposed, when git is ready at last', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  git = promise;
  const { controls, change } = controlsOf({ isConnected: true });
  change();
  controls.dispose();
  resolve();
  await new Promise((done) => setImmediate(done));
  expect(sourceControls).toEqual([]);
});

it('logs why rows could not be made', async () => {
  const fault = new Error('no states');
  const states = {
    [Symbol.iterator]: () => {
      throw fault;
    },
  };
  const { controls, change, log } = controlsOf({ isConnected: true, pathStates: states });
  change();
  await vi.waitFor(() => expect(log.error.mock.calls).toEqual([[fault]]));
  controls.dispose();
});
