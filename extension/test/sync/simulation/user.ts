import { chmod, lstat, mkdir, readFile, readdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Random } from './random';

/** A folder that is tracked with everything in it, and a file that is tracked by name. */
export const trackedFolder = 'n';
export const trackedFile = 'todo.md';

const folders = ['n', 'n', 'n/x', 'n/X', 'n/y', 'n/x/y', 'n/a.md'];
const names = ['a.md', 'A.md', 'b.md', 'c.txt', 'run', 'x', 'y'];
const modes = [0o644, 0o755, 0o600];
/** Enough lines that two edits often do not overlap. */
const linesPerFile = 24;
/** Files that all users edit often and seldom move, so that they edit the same files. */
const sharedFiles = [`${trackedFolder}/a.md`, `${trackedFolder}/b.md`, trackedFile];

/** A user who changes files at random. Each action returns a description, or undefined if it is impossible now. */
export class User {
  readonly #name: string;
  readonly #root: string;
  readonly #random: Random;
  #step = 0;

  constructor(name: string, root: string, random: Random) {
    this.#name = name;
    this.#root = root;
    this.#random = random;
  }

  /** Does one action. `step` becomes part of what it writes, so that no two contents are equal. */
  act(step: number): Promise<string | undefined> {
    this.#step = step;
    const action = this.#random.weighted<() => Promise<string | undefined>>([
      [40, () => this.#edit()],
      [12, () => this.#create()],
      [8, () => this.#rename()],
      [4, () => this.#renameByCase()],
      [8, () => this.#delete()],
      [6, () => this.#swap()],
      [4, () => this.#fileToFolder()],
      [4, () => this.#folderToFile()],
      [4, () => this.#chmod()],
      [5, () => this.#link()],
      [2, () => this.#touch()],
    ]);
    return action();
  }

  async #edit(): Promise<string | undefined> {
    const path = this.#random.chance(0.5) ? await this.#sharedFile() : await this.#file();
    if (path === undefined) return undefined;
    const before = await readFile(join(this.#root, path), 'utf8');
    const edit = this.#random.weighted<(text: string) => string | Promise<string>>([
      [85, (text) => this.#changeLine(text)],
      [4, () => this.#newText()],
      [4, (text) => `${text}${this.#label()}\n`],
      [4, () => this.#contentOfOther(before)],
      [3, () => `${this.#label()}\0${'x'.repeat(3_000)}`],
      [3, () => ''],
    ]);
    const after = await edit(before);
    if (this.#random.chance(0.5)) {
      await writeFile(join(this.#root, path), after);
      return `edit ${path}`;
    }
    // Some editors write another file and rename it, so that the file is never half written.
    const { mode } = await lstat(join(this.#root, path));
    await writeFile(join(this.#root, 'saving'), after, { mode });
    await rename(join(this.#root, 'saving'), join(this.#root, path));
    return `edit ${path} by rename`;
  }

  async #create(): Promise<string | undefined> {
    const path = await this.#freePath();
    if (path === undefined) return undefined;
    await mkdir(dirname(join(this.#root, path)), { recursive: true });
    await writeFile(join(this.#root, path), this.#newText(), { mode: this.#random.pick(modes) });
    return `create ${path}`;
  }

  async #rename(): Promise<string | undefined> {
    const from = this.#random.pick(await this.#entries());
    const to = await this.#freePath();
    if (from === undefined || to === undefined || `${to}/`.startsWith(`${from}/`)) return undefined;
    await mkdir(dirname(join(this.#root, to)), { recursive: true });
    await rename(join(this.#root, from), join(this.#root, to));
    return `rename ${from} to ${to}`;
  }

  async #renameByCase(): Promise<string | undefined> {
    const from = this.#random.pick((await this.#entries()).filter((path) => !isTopLevel(path)));
    if (from === undefined) return undefined;
    const name = basename(from);
    const other = name === name.toLowerCase() ? name.toUpperCase() : name.toLowerCase();
    const to = join(dirname(from), other);
    if (!(await this.#isFree(to))) return undefined;
    await rename(join(this.#root, from), join(this.#root, to));
    return `rename ${from} to ${to}`;
  }

  async #delete(): Promise<string | undefined> {
    const path = this.#random.chance(0.8) ? await this.#file() : this.#random.pick(await this.#entries());
    if (path === undefined) return undefined;
    await rm(join(this.#root, path), { recursive: true });
    return `delete ${path}`;
  }

  /** Swaps two files, or a file and a folder. */
  async #swap(): Promise<string | undefined> {
    const entries = (await this.#entries()).filter((path) => !isTopLevel(path));
    const [a, b] = [this.#random.pick(entries), this.#random.pick(entries)];
    if (a === undefined || b === undefined || `${a}/`.startsWith(`${b}/`) || `${b}/`.startsWith(`${a}/`))
      return undefined;
    await rename(join(this.#root, a), join(this.#root, 'swapped'));
    await rename(join(this.#root, b), join(this.#root, a));
    await rename(join(this.#root, 'swapped'), join(this.#root, b));
    return `swap ${a} and ${b}`;
  }

  async #fileToFolder(): Promise<string | undefined> {
    const path = await this.#file();
    if (path === undefined || isTopLevel(path) || path.split('/').length > 4) return undefined;
    await rename(join(this.#root, path), join(this.#root, 'swapped'));
    await mkdir(join(this.#root, path));
    const inside = `${path}/${this.#random.pick(names) ?? 'x'}`;
    await rename(join(this.#root, 'swapped'), join(this.#root, inside));
    return `make the file ${path} a folder with ${inside}`;
  }

  async #folderToFile(): Promise<string | undefined> {
    const { all, folders: found } = await this.#walk();
    const path = this.#random.pick(found.filter((folder) => folder !== trackedFolder));
    if (path === undefined) return undefined;
    const inside = this.#random.pick(all.filter((other) => other.startsWith(`${path}/`)));
    if (inside === undefined) await writeFile(join(this.#root, 'swapped'), this.#newText());
    else await rename(join(this.#root, inside), join(this.#root, 'swapped'));
    await rm(join(this.#root, path), { recursive: true });
    await rename(join(this.#root, 'swapped'), join(this.#root, path));
    return `make the folder ${path} a file, from ${inside ?? 'nothing'}`;
  }

  async #chmod(): Promise<string | undefined> {
    const path = await this.#file();
    const mode = this.#random.pick(modes);
    if (path === undefined || mode === undefined) return undefined;
    await chmod(join(this.#root, path), mode);
    return `chmod ${path} ${mode.toString(8)}`;
  }

  /** Links to a name in the same folder. Sometimes the link replaces a file. */
  async #link(): Promise<string | undefined> {
    const path = this.#random.chance(0.3) ? await this.#file() : await this.#freePath();
    const target = this.#random.pick(names);
    if (path === undefined || target === undefined || isTopLevel(path) || basename(path) === target) return undefined;
    await mkdir(dirname(join(this.#root, path)), { recursive: true });
    await rm(join(this.#root, path), { force: true });
    await symlink(target, join(this.#root, path));
    return `link ${path} to ${target}`;
  }

  async #touch(): Promise<string | undefined> {
    const path = await this.#file();
    if (path === undefined) return undefined;
    await utimes(join(this.#root, path), 1_600_000_000, 1_600_000_000 + this.#random.below(1_000));
    return `touch ${path}`;
  }

  #label(): string {
    return `${this.#name} at step ${this.#step}`;
  }

  #newText(): string {
    return longText(this.#label());
  }

  #changeLine(text: string): string {
    const lines = text.split('\n');
    if (lines.length < 3) return this.#newText();
    lines[this.#random.below(lines.length - 1)] = `${this.#label()} again`;
    return lines.join('\n');
  }

  async #contentOfOther(content: string): Promise<string> {
    const other = await this.#file();
    return other === undefined ? content : readFile(join(this.#root, other), 'utf8');
  }

  async #sharedFile(): Promise<string | undefined> {
    const { files } = await this.#walk();
    return this.#random.pick(files.filter((path) => sharedFiles.includes(path)));
  }

  async #file(): Promise<string | undefined> {
    const { files } = await this.#walk();
    return this.#random.pick(this.#movable(files));
  }

  /** Returns files, links and folders, without the tracked folder itself. */
  async #entries(): Promise<string[]> {
    const { all, folders: found } = await this.#walk();
    return this.#movable([...all, ...found.filter((folder) => folder !== trackedFolder)]);
  }

  #movable(paths: readonly string[]): string[] {
    const includesShared = this.#random.chance(0.15);
    return paths.filter((path) => includesShared || !sharedFiles.includes(path));
  }

  async #freePath(): Promise<string | undefined> {
    if (this.#random.chance(0.05) && (await this.#isFree(trackedFile))) return trackedFile;
    for (let attempt = 0; attempt < 8; attempt++) {
      const path = `${this.#random.pick(folders) ?? trackedFolder}/${this.#random.pick(names) ?? 'x'}`;
      if (await this.#isFree(path)) return path;
    }
    return undefined;
  }

  async #isFree(path: string): Promise<boolean> {
    for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) {
      const stats = await lstat(join(this.#root, folder)).catch(() => undefined);
      if (stats !== undefined && !stats.isDirectory()) return false;
    }
    return lstat(join(this.#root, path)).then(
      () => false,
      () => true,
    );
  }

  async #walk(): Promise<{ all: string[]; files: string[]; folders: string[] }> {
    const found = { all: [] as string[], files: [] as string[], folders: [] as string[] };
    const visit = async (folder: string): Promise<void> => {
      const entries = await readdir(join(this.#root, folder), { withFileTypes: true });
      for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
        const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
        if (entry.isDirectory()) {
          found.folders.push(path);
          await visit(path);
          continue;
        }
        found.all.push(path);
        if (entry.isFile()) found.files.push(path);
      }
    };
    await visit('');
    return found;
  }
}

/** A top-level path is tracked by name only, so it must not become a folder: no rule would track its files. */
function isTopLevel(path: string): boolean {
  return !path.includes('/');
}

export function longText(label: string): string {
  return Array.from({ length: linesPerFile }, (_, line) => `${label} line ${line}\n`).join('');
}
