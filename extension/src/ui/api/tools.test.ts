import { expect, it, vi } from 'vitest';
import type * as vscode from 'vscode';
import type { PathArea } from '../../core/pathArea';
import { registerTools, type ToolDeps } from './tools';

const registered = new Map<string, vscode.LanguageModelTool<unknown>>();

vi.mock('vscode', () => ({
  l10n: { t: (text: string) => text },
  env: { language: 'en' },
  Disposable: { from: () => undefined },
  EventEmitter: class {},
  ThemeColor: class {},
  ThemeIcon: class {},
  TreeItem: class {},
  Uri: class {},
  LanguageModelTextPart: class {},
  LanguageModelToolResult: class {},
  MarkdownString: class {
    text = '';
    appendText(text: string): this {
      this.text += text;
      return this;
    }
  },
  lm: {
    registerTool: (name: string, tool: vscode.LanguageModelTool<unknown>) => registered.set(name, tool),
  },
}));

const token = {} as vscode.CancellationToken;

it('a model pushes no more than the question that the user has answered lists', async () => {
  const pathStates = new Map([['old.md', 'incoming']]);
  const pushed: PathArea[] = [];
  const sync = {
    isConnected: true,
    state: {},
    pathStates,
    // The model has just written the file.
    rescan: () => Promise.resolve(pathStates.set('plan.md', 'modified')),
    push: (_: unknown, { only }: { readonly only: PathArea }) => {
      pushed.push(only);
      return Promise.reject(new Error('this test pushes nothing'));
    },
  };
  registerTools({ folders: { all: [{ folder: { name: 'desk' }, sync }] } } as unknown as ToolDeps);
  const tool = registered.get('palmtree_push');
  const input = { message: 'Plan' };
  const prepared = await tool?.prepareInvocation?.({ input }, token);
  expect(prepared?.confirmationMessages?.message).toMatchObject({ text: expect.stringContaining('plan.md') });
  pathStates.set('secret.md', 'added');
  await tool?.invoke({ input: { ...input }, toolInvocationToken: undefined }, token);
  expect(['plan.md', 'secret.md', 'old.md'].map((path) => pushed[0]?.has(path))).toEqual([true, false, false]);
});
