import * as vscode from 'vscode';
import type { ZodType } from 'zod';
import { errorText } from '../../messages/errorTexts';
import { plainLine, plainLines } from '../../messages/plainText';
import type { TransferDeps } from '../sync/showRun';
import { isConnected } from '../workspace/callOptions';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';
import { readDiff, readHistory, readPlan, readStatus } from './readTools';
import { ToolError } from './toolError';
import { toolInputs, type ToolInput, type ToolName } from './toolInputs';
import { pull, pullQuestion, push, pushQuestion, restore, restoreQuestion, type Question } from './writeTools';

export interface ToolDeps extends TransferDeps {
  readonly folders: WorkspaceFolders;
}

interface Tool<I> {
  /** `covered`: see the question; undefined if VS Code has not asked it. */
  readonly run: (owner: SyncedFolder, input: I, covered: readonly string[] | undefined) => Promise<unknown>;
  /** Absent if the tool only reads. */
  readonly question?: (owner: SyncedFolder, input: I) => Question | Promise<Question>;
}

/** Questions are remembered for the calls that follow them; none follows if the user says no. */
const maxRemembered = 20;

type Tools = { readonly [N in ToolName]: Tool<ToolInput<N>> };

/**
 * Registers the tools that language models can call. VS Code asks the user before those that change something. An error is an
 * answer too: the model reads the sentence that a user would read.
 */
export function registerTools(deps: ToolDeps): vscode.Disposable {
  const tools: Tools = {
    palmtree_status: { run: readStatus },
    palmtree_plan: { run: readPlan },
    palmtree_history: { run: readHistory },
    palmtree_diff: { run: readDiff },
    palmtree_push: { run: (owner, input, covered) => push(deps, owner, input, covered), question: pushQuestion },
    palmtree_pull: { run: (owner, input) => pull(deps, owner, input), question: pullQuestion },
    palmtree_restore: { run: (owner, input) => restore(deps, owner, input), question: restoreQuestion },
  };
  const register = <N extends ToolName>(name: N): vscode.Disposable =>
    vscode.lm.registerTool(name, new FolderTool<ToolInput<N>>(deps.folders, toolInputs[name] as never, tools[name]));
  return vscode.Disposable.from(...(Object.keys(tools) as ToolName[]).map((name) => register(name)));
}

/** A tool that works on one workspace folder, which its input may name. */
class FolderTool<I extends { readonly folder?: string | undefined }> implements vscode.LanguageModelTool<unknown> {
  readonly #folders: WorkspaceFolders;
  readonly #schema: ZodType<I>;
  readonly #tool: Tool<I>;
  /** The paths that questions cover, by the input, which is all that VS Code gives both a question and its call. */
  readonly #covered = new Map<string, readonly string[]>();

  constructor(folders: WorkspaceFolders, schema: ZodType<I>, tool: Tool<I>) {
    this.#folders = folders;
    this.#schema = schema;
    this.#tool = tool;
  }

  async prepareInvocation({
    input,
  }: vscode.LanguageModelToolInvocationPrepareOptions<unknown>): Promise<vscode.PreparedToolInvocation | undefined> {
    const { question } = this.#tool;
    if (question === undefined) return undefined;
    const parsed = this.#parse(input);
    const { title, detail, covered } = await question(this.#owner(parsed), parsed);
    if (covered !== undefined) this.#remember(parsed, covered);
    // Names of files and messages come from outside: as Markdown, they could show links.
    const message = new vscode.MarkdownString().appendText(plainLines(detail));
    return { confirmationMessages: { title: plainLine(title), message } };
  }

  async invoke({ input }: vscode.LanguageModelToolInvocationOptions<unknown>): Promise<vscode.LanguageModelToolResult> {
    const text = await this.#answer(input).catch((error: unknown) =>
      error instanceof ToolError ? error.message : errorText(error),
    );
    return new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(text)]);
  }

  async #answer(input: unknown): Promise<string> {
    const parsed = this.#parse(input);
    const key = JSON.stringify(parsed);
    const covered = this.#covered.get(key);
    this.#covered.delete(key);
    const answer = await this.#tool.run(this.#owner(parsed), parsed, covered);
    return typeof answer === 'string' ? answer : JSON.stringify(answer, undefined, 1);
  }

  #remember(input: I, covered: readonly string[]): void {
    this.#covered.set(JSON.stringify(input), covered);
    const [oldest] = this.#covered.keys();
    if (this.#covered.size > maxRemembered && oldest !== undefined) this.#covered.delete(oldest);
  }

  #parse(input: unknown): I {
    const { data, error } = this.#schema.safeParse(input);
    if (error !== undefined) throw new ToolError(`The input is not valid: ${error.message}`);
    return data;
  }

  /** No question picks the folder: the model can name it. */
  #owner({ folder: name }: I): SyncedFolder {
    const connected = this.#folders.all.filter(isConnected);
    const found = name === undefined ? connected : connected.filter(({ folder }) => folder.name === name);
    if (found.length === 1 && found[0]) return found[0];
    if (connected.length === 0) throw new ToolError('No workspace folder is connected to a Palmtree server.');
    const names = connected.map(({ folder }) => JSON.stringify(folder.name)).join(', ');
    throw new ToolError(`Name one of the connected folders as "folder": ${names}.`);
  }
}
