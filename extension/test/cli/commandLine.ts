import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { shellWord } from '../../src/core/shellWord';
import { openFolderStorage } from '../../src/io/openFolderStorage';
import { Credentials } from '../../src/cli/state/credentials';
import { windowStorageIn } from '../../src/cli/state/stateFolder';
import { cleanEnvironment } from '../../scripts/setup/cleanEnvironment.mjs';
import { registerChild } from '../../scripts/processes/liveChildren.mjs';
import { dist, nodeBinary } from '../../scripts/paths.mts';
import { Machine } from '../sync/machine';

const bundle = join(dist, 'palmtree.mjs');

/** In a short command, optimizing SQLite's code takes longer than it saves. */
const forShortRuns = ['--liftoff-only'];

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Answer {
  readonly prompt: string;
  readonly typed: string;
}

/** One event of `--json`. */
export type Event = Readonly<Record<string, unknown>> & { readonly event: string };

/** The command line of a user on one machine: a workspace folder and a state folder. */
export class CommandLine {
  readonly root: string;
  readonly state: string;
  readonly #base: string;

  private constructor(base: string) {
    this.#base = base;
    this.root = join(base, 'notes');
    this.state = join(base, 'state');
  }

  static async open(): Promise<CommandLine> {
    const line = new CommandLine(await mkdtemp(join(tmpdir(), 'palmtree-cli-')));
    await mkdir(line.root);
    return line;
  }

  get tokenFile(): string {
    return join(this.#base, 'token');
  }

  get #environment(): NodeJS.ProcessEnv {
    return { ...cleanEnvironment(), PALMTREE_STATE: this.state, NODE_COMPILE_CACHE: join(dist, 'compiled') };
  }

  remove(): Promise<void> {
    return rm(this.#base, { recursive: true, force: true });
  }

  /** Runs the bundle without a terminal. */
  run(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Ended> {
    return ended(this.start(args, environment));
  }

  /** Runs a command with `--json` and returns its events. Fails unless it exits with `code`. */
  async events(args: readonly string[], code = 0): Promise<Event[]> {
    const { stdout, stderr, ...rest } = await this.run([...args, '--json']);
    if (rest.code !== code) throw new Error(`palmtree ${args.join(' ')} exited with ${rest.code}: ${stdout}${stderr}`);
    return stdout.split('\n').filter(Boolean).map(parsed);
  }

  start(args: readonly string[], environment: NodeJS.ProcessEnv = {}): ChildProcess {
    const env = { ...this.#environment, ...environment };
    return registerChild(
      spawn(nodeBinary, [...forShortRuns, bundle, ...args], { cwd: this.root, env, stdio: ['ignore', 'pipe', 'pipe'] }),
    );
  }

  /** Runs the bundle on a terminal, where each `typed` answers the question that has its `prompt`, in this order. */
  async onTerminal(args: readonly string[], ...answers: readonly Answer[]) {
    const command = [nodeBinary, bundle, ...args].map(shellWord).join(' ');
    const child = registerChild(
      spawn('script', ['-qfec', command, '/dev/null'], { cwd: this.root, env: this.#environment }),
    );
    const left = [...answers];
    let seen = '';
    child.stdout.on('data', (chunk: Buffer) => {
      seen += chunk.toString();
      const [next] = left;
      if (next === undefined || !seen.includes(next.prompt)) return;
      left.shift();
      seen = '';
      child.stdin.write(next.typed);
    });
    return ended(child);
  }

  /** Connects the folder as `palmtree connect` does, and lets it `work`, in this process: a start takes long. */
  async connected(
    { url, token, tree }: { readonly url: string; readonly token: string; readonly tree: string },
    work: (opened: Machine) => Promise<unknown> = () => Promise.resolve(),
  ): Promise<void> {
    const { root, state } = this;
    await new Credentials(state, {}).store(new URL(url).origin, token);
    const window = { storage: windowStorageIn(state), globalStorage: state };
    const opened = await Machine.open({ url, token, tree, root, window });
    await work(opened);
    await opened.close();
  }

  /** Registers the folder without connecting it, as a `palmtree connect` does that is killed. */
  async register(): Promise<void> {
    const { root, state } = this;
    const window = { windowStorage: windowStorageIn(state), globalStorage: state };
    const isMovedFrom = () => Promise.resolve(false);
    await openFolderStorage({ root, uri: pathToFileURL(root).href, ...window, isMovedFrom }, dist);
  }

  async write(path: string, content: string): Promise<void> {
    await mkdir(dirname(join(this.root, path)), { recursive: true });
    await writeFile(join(this.root, path), content);
  }

  read(path: string): Promise<string> {
    return readFile(join(this.root, path), 'utf8');
  }
}

function parsed(line: string): Event {
  return JSON.parse(line) as Event;
}

export async function ended(child: ChildProcess): Promise<Ended> {
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => (output[name] += text));
  }
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, ...output };
}

/** The events of a command that is running. */
export class EventReader {
  readonly #events: Event[] = [];
  readonly #waiting = new Set<() => void>();
  #next = 0;

  constructor({ stdout }: ChildProcess) {
    if (stdout === null) throw new Error('the output is not piped');
    createInterface({ input: stdout }).on('line', (line) => {
      this.#events.push(parsed(line));
      for (const check of this.#waiting) check();
    });
  }

  /** Resolves with the next event of that name that matches, after the one that was returned last. */
  next(name: string, matches: (event: Event) => boolean = () => true): Promise<Event> {
    return new Promise((resolve) => {
      const check = (): void => {
        const isNext = (one: Event, number: number) => number >= this.#next && one.event === name && matches(one);
        const index = this.#events.findIndex(isNext);
        const found = this.#events[index];
        if (found === undefined) return;
        this.#next = index + 1;
        this.#waiting.delete(check);
        resolve(found);
      };
      this.#waiting.add(check);
      check();
    });
  }
}
