import { chmod, lstat, mkdir, readFile, readdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Random } from './random';

/** What is tracked: a folder with all that is in it, and a file by its name. */
export const trackedFolder = 'n';
export const trackedFile = 'todo.md';

const folders = ['n', 'n', 'n/x', 'n/X', 'n/y', 'n/x/y', 'n/a.md'];
const names = ['a.md', 'A.md', 'b.md', 'c.txt', 'run', 'x', 'y'];
const modes = [0o644, 0o755, 0o600];
/** So many that two edits often do not meet. */
const linesOfAFile = 24;
/** What everybody works at, and seldom moves. */
const favourites = [`${trackedFolder}/a.md`, `${trackedFolder}/b.md`, trackedFile];

/** What somebody does with the files of a folder. Each answers what was done, or undefined where it cannot be. */
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

  /** `step` is part of what is written, so that each content is another one. */
  act(step: number): Promise<string | undefined> {
    this.#step = step;
    const act = this.#random.weighted<() => Promise<string | undefined>>([
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
    return act();
  }

  async #edit(): Promise<string | undefined> {
    const path = this.#random.chance(0.5) ? await this.#favourite() : await this.#file();
    if (path === undefined) return undefined;
    const before = await readFile(join(this.#root, path), 'utf8');
    const way = this.#random.weighted<(text: string) => string | Promise<string>>([
      [85, (text) => this.#withLineChanged(text)],
      [4, () => this.#fresh()],
      [4, (text) => `${text}${this.#stamp()}\n`],
      [4, () => this.#contentOfAnother(before)],
      [3, () => `${this.#stamp()}\0${'x'.repeat(3_000)}`],
      [3, () => ''],
    ]);
    const after = await way(before);
    if (this.#random.chance(0.5)) {
      await writeFile(join(this.#root, path), after);
      return `edit ${path}`;
    }
    // As an editor does it that never has half a file.
    const { mode } = await lstat(join(this.#root, path));
    await writeFile(join(this.#root, 'saving'), after, { mode });
    await rename(join(this.#root, 'saving'), join(this.#root, path));
    return `edit ${path} by rename`;
  }

  async #create(): Promise<string | undefined> {
    const path = await this.#freePath();
    if (path === undefined) return undefined;
    await mkdir(dirname(join(this.#root, path)), { recursive: true });
    await writeFile(join(this.#root, path), this.#fresh(), { mode: this.#random.pick(modes) });
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
    const from = this.#random.pick((await this.#entries()).filter((path) => !isAlone(path)));
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

  /** Two paths take each other's place: files, or a file and a folder. */
  async #swap(): Promise<string | undefined> {
    const entries = (await this.#entries()).filter((path) => !isAlone(path));
    const [a, b] = [this.#random.pick(entries), this.#random.pick(entries)];
    if (a === undefined || b === undefined || `${a}/`.startsWith(`${b}/`) || `${b}/`.startsWith(`${a}/`))
      return undefined;
    await rename(join(this.#root, a), join(this.#root, 'aside'));
    await rename(join(this.#root, b), join(this.#root, a));
    await rename(join(this.#root, 'aside'), join(this.#root, b));
    return `swap ${a} and ${b}`;
  }

  async #fileToFolder(): Promise<string | undefined> {
    const path = await this.#file();
    if (path === undefined || isAlone(path) || path.split('/').length > 4) return undefined;
    await rename(join(this.#root, path), join(this.#root, 'aside'));
    await mkdir(join(this.#root, path));
    const inside = `${path}/${this.#random.pick(names) ?? 'x'}`;
    await rename(join(this.#root, 'aside'), join(this.#root, inside));
    return `make the file ${path} a folder with ${inside}`;
  }

  async #folderToFile(): Promise<string | undefined> {
    const { all, folders: found } = await this.#walk();
    const path = this.#random.pick(found.filter((folder) => folder !== trackedFolder));
    if (path === undefined) return undefined;
    const inside = this.#random.pick(all.filter((other) => other.startsWith(`${path}/`)));
    if (inside === undefined) await writeFile(join(this.#root, 'aside'), this.#fresh());
    else await rename(join(this.#root, inside), join(this.#root, 'aside'));
    await rm(join(this.#root, path), { recursive: true });
    await rename(join(this.#root, 'aside'), join(this.#root, path));
    return `make the folder ${path} a file, which was ${inside ?? 'not there'}`;
  }

  async #chmod(): Promise<string | undefined> {
    const path = await this.#file();
    const mode = this.#random.pick(modes);
    if (path === undefined || mode === undefined) return undefined;
    await chmod(join(this.#root, path), mode);
    return `chmod ${path} ${mode.toString(8)}`;
  }

  /** A link to a name beside it, in the place of a file now and then. */
  async #link(): Promise<string | undefined> {
    const path = this.#random.chance(0.3) ? await this.#file() : await this.#freePath();
    const target = this.#random.pick(names);
    if (path === undefined || target === undefined || isAlone(path) || basename(path) === target) return undefined;
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

  #stamp(): string {
    return `${this.#name} at step ${this.#step}`;
  }

  #fresh(): string {
    return longText(this.#stamp());
  }

  #withLineChanged(text: string): string {
    const lines = text.split('\n');
    if (lines.length < 3) return this.#fresh();
    lines[this.#random.below(lines.length - 1)] = `${this.#stamp()} anew`;
    return lines.join('\n');
  }

  async #contentOfAnother(content: string): Promise<string> {
    const other = await this.#file();
    return other === undefined ? content : readFile(join(this.#root, other), 'utf8');
  }

  async #favourite(): Promise<string | undefined> {
    const { files } = await this.#walk();
    return this.#random.pick(files.filter((path) => favourites.includes(path)));
  }

  async #file(): Promise<string | undefined> {
    const { files } = await this.#walk();
    return this.#random.pick(this.#movable(files));
  }

  /** Files, links and folders, but not the tracked folder itself. */
  async #entries(): Promise<string[]> {
    const { all, folders: found } = await this.#walk();
    return this.#movable([...all, ...found.filter((folder) => folder !== trackedFolder)]);
  }

  #movable(paths: readonly string[]): string[] {
    const all = this.#random.chance(0.15);
    return paths.filter((path) => all || !favourites.includes(path));
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
    const into = async (folder: string): Promise<void> => {
      const entries = await readdir(join(this.#root, folder), { withFileTypes: true });
      for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
        const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
        if (entry.isDirectory()) {
          found.folders.push(path);
          await into(path);
          continue;
        }
        found.all.push(path);
        if (entry.isFile()) found.files.push(path);
      }
    };
    await into('');
    return found;
  }
}

/** Tracked by its own name: were it a folder, what is in it would be nobody's business. */
function isAlone(path: string): boolean {
  return !path.includes('/');
}

export function longText(stamp: string): string {
  return Array.from({ length: linesOfAFile }, (_, line) => `${stamp} line ${line}\n`).join('');
}
