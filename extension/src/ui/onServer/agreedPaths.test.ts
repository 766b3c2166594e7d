import { beforeEach, expect, it, vi } from 'vitest';
import type { HeldPath } from '../../core/reconcile/dropHeld';
import type { HeldAnswer } from '../../io/store/storePort';
import type { SyncedFolder } from '../workspace/workspaceFolders';
import { bringHere, type OnServerDeps } from './commands';
import { pullChosen } from './firstPull';

/** The question about held files, and what is brought and pulled. */
const user = vi.hoisted(() => ({ answer: undefined as string | undefined, asked: [] as string[][] }));
const pulls: { readonly brought: readonly string[]; readonly approved: string[]; readonly pulled: string[] }[] = [];

vi.mock('../sync/heldQuestion', () => ({
  askAboutHeld: (_: unknown, held: readonly HeldPath[]) => {
    user.asked.push(held.map(({ path }) => path));
    return Promise.resolve(user.answer);
  },
}));

vi.mock('../sync/runs', () => ({
  runPull: (_: unknown, __: unknown, ___: unknown, options: { approved: Set<string>; only: ReadonlySet<string> }) => {
    const pulled = files.filter((path) => options.only.has(path));
    pulls.push({ brought: brought.splice(0), approved: [...options.approved], pulled });
    return Promise.resolve({ result: { held: [] } });
  },
}));

vi.mock('../workspace/callOptions', () => ({
  callOptions: (argument: unknown) => argument,
  isConnected: () => true,
  targetFolder: () => Promise.resolve(owner),
}));

vi.mock('../views/pickedPaths', () => ({
  pickedUris: (...paths: unknown[]) => paths.flat().filter((path) => path !== undefined),
  resolvePicked: (_: unknown, paths: readonly string[]) => Promise.resolve(new Map([[owner, paths]])),
}));

const files = ['.husky/pre-commit', '.vscode/tasks.json', 'Makefile', 'docs/.envrc', 'docs/a.md', 'todo.md'];
const obeyed = files.slice(0, 4);
const brought: string[] = [];
const decided: HeldAnswer[] = [];
const isIn = (path: string, folder: string): boolean => folder === '' || `${path}/`.startsWith(`${folder}/`);
const owner = {
  sync: {
    serverFiles: {
      entry: (path: string) => (files.includes(path) ? {} : undefined),
      programFiles: (paths: readonly string[]) =>
        Promise.resolve(obeyed.flatMap((path) => (paths.some((at) => isIn(path, at)) ? [{ path }] : []))),
      bring: ({ paths }: { readonly paths: readonly string[] }) => Promise.resolve(void brought.push(...paths)),
    },
    held: { decide: (_: unknown, answer: HeldAnswer) => Promise.resolve(void decided.push(answer)) },
  },
} as unknown as SyncedFolder;

const all = ['.husky', '.vscode', 'docs', 'Makefile'];

beforeEach(() => {
  user.answer = undefined;
  for (const list of [user.asked, pulls, decided]) list.length = 0;
});

/** Brings rows of the view, as the user picks them. */
async function bringRows(...rows: readonly string[]): Promise<void> {
  await bringHere({ onServer: { selection: rows } } as unknown as OnServerDeps, undefined);
}

it('files that programs obey come with several rows only if the user agrees', async () => {
  user.answer = 'pull';
  await bringRows(...all);
  expect(user.asked).toEqual([obeyed]);
  expect(decided).toEqual(['pull']);
  expect(pulls).toEqual([{ brought: all, approved: obeyed, pulled: files.slice(0, 5) }]);
});

it.each([
  ['leaves them out', 'leave'],
  ['does not decide', undefined],
])('no folder or file that programs obey is brought if the user %s', async (_, answer) => {
  user.answer = answer;
  await bringRows(...all);
  expect(user.asked).toEqual([obeyed]);
  expect(pulls).toEqual([{ brought: ['docs'], approved: [], pulled: ['docs/a.md'] }]);
});

it('files that programs obey are asked about if they are in one folder with an ordinary name, or in the whole tree', async () => {
  user.answer = 'leave';
  await bringRows('docs');
  await bringRows('');
  expect(user.asked).toEqual([['docs/.envrc'], obeyed]);
  expect(pulls.map(({ pulled }) => pulled)).toEqual([['docs/a.md'], ['docs/a.md', 'todo.md']]);
});

it.each(['Makefile', '.vscode', '.vscode/tasks.json'])('%s alone comes without a question', async (row) => {
  await bringRows(row);
  expect(user.asked).toEqual([]);
  expect(pulls.map(({ brought }) => brought)).toEqual([[row]]);
});

it('nothing is pulled if only files are picked that the user leaves out', async () => {
  user.answer = 'leave';
  await bringRows('Makefile', '.vscode');
  expect(pulls).toEqual([]);
});

it('the choice of files asks about a single one, too', async () => {
  user.answer = 'leave';
  const onServer = {
    choosing: owner,
    chosen: () => Promise.resolve({ chosen: ['.vscode'], left: ['docs', 'todo.md'] }),
    endChoosing: () => Promise.resolve(),
  };
  await pullChosen({ onServer } as unknown as OnServerDeps);
  expect(user.asked).toEqual([['.vscode/tasks.json']]);
  expect(pulls).toEqual([{ brought: [], approved: [], pulled: [] }]);
});

it('code brings files that programs obey only if it confirms, and otherwise learns that they are held', async () => {
  const deps = {} as OnServerDeps;
  await bringHere(deps, { paths: ['.vscode', 'docs'] });
  await bringHere(deps, { paths: ['.vscode'] });
  await bringHere(deps, { paths: ['.vscode'], confirmed: true });
  expect(user.asked).toEqual([]);
  expect(pulls).toEqual([
    { brought: ['docs'], approved: [], pulled: ['.vscode/tasks.json', 'docs/.envrc', 'docs/a.md'] },
    { brought: [], approved: [], pulled: ['.vscode/tasks.json'] },
    { brought: ['.vscode'], approved: ['.vscode/tasks.json'], pulled: ['.vscode/tasks.json'] },
  ]);
});
