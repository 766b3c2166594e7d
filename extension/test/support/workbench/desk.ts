import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { setInFile } from '../../../scripts/workbench/workbenchSettings.mts';
import type { Client } from '../../../src/io/api/client';
import type { Machine } from '../../sync/machine';
import type { TestWorkbench } from './testWorkbench';
import type { WorkbenchWindow } from './workbenchWindow';

export interface DeskOptions {
  readonly folder: string;
  readonly tree: string;
  /** Uses the token of the workbench. */
  readonly client: Client;
  readonly workbench: TestWorkbench;
  readonly openWindow: (path: string) => Promise<WorkbenchWindow>;
}

/** A machine with a window: a workspace folder that is bound to a tree. */
export class Desk {
  readonly folder: string;
  readonly tree: string;
  readonly client: Client;
  readonly #workbench: TestWorkbench;
  readonly #openWindow: DeskOptions['openWindow'];
  /** The storages of the workspaces of other tests. */
  readonly #otherStorages: ReadonlySet<string>;

  private constructor(options: DeskOptions, otherStorages: readonly string[]) {
    this.folder = options.folder;
    this.tree = options.tree;
    this.client = options.client;
    this.#workbench = options.workbench;
    this.#openWindow = options.openWindow;
    this.#otherStorages = new Set(otherStorages);
  }

  static async create(options: DeskOptions): Promise<Desk> {
    const desk = new Desk(options, await options.workbench.workspaceStorages());
    await desk.configure({ 'palmtree.tree': options.tree });
    return desk;
  }

  /** Opens the folder, and waits until the extension is active in it. */
  async open(): Promise<WorkbenchWindow> {
    const window = await this.#openWindow(this.folder);
    await window.activated();
    return window;
  }

  /** Pushes these files, all below "notes", from the laptop. Then opens the folder and pulls them. */
  async openInSync(laptop: Machine, files: Readonly<Record<string, string>>): Promise<WorkbenchWindow> {
    await pushFiles(laptop, files);
    return this.openAndPull(Object.keys(files).length);
  }

  /** Opens the folder and pulls this number of files. */
  async openAndPull(files: number): Promise<WorkbenchWindow> {
    const window = await this.open();
    await window.pending(`↓${files}`);
    await window.runCommand('Palmtree: Pull');
    // Of one file, there is nothing to choose.
    if (files > 1) await window.answerDialog('Pull all', 'Pull All');
    // It hides by itself after some seconds.
    await window.notifications.close('Pulled');
    await window.inSync();
    return window;
  }

  /** Sets these in the folder's settings. */
  async configure(settings: Readonly<Record<string, unknown>>): Promise<void> {
    await mkdir(this.path('.vscode'), { recursive: true });
    await setInFile(this.path('.vscode/settings.json'), settings);
  }

  path(path: string): string {
    return join(this.folder, path);
  }

  async write(path: string, content: string | Buffer): Promise<void> {
    await mkdir(dirname(this.path(path)), { recursive: true });
    await writeFile(this.path(path), content);
  }

  read(path: string): Promise<string> {
    return readFile(this.path(path), 'utf8');
  }

  rename(from: string, to: string): Promise<void> {
    return rename(this.path(from), this.path(to));
  }

  delete(path: string): Promise<void> {
    return rm(this.path(path));
  }

  /** Waits until the file has this content. */
  async becomes(path: string, content: string): Promise<void> {
    await expect.poll(() => this.read(path).catch(() => 'no file')).toBe(content);
  }

  /** The number of the newest revision. */
  async head(): Promise<number> {
    return (await this.client.files(this.tree, 0)).revision;
  }

  /** The content of a file in the newest revision. */
  async onServer(path: string): Promise<string> {
    return new TextDecoder().decode(await this.client.content(this.tree, { path, revision: await this.head() }));
  }

  /** The paths in the newest revision. */
  async pathsOnServer(): Promise<string[]> {
    const { files } = await this.client.files(this.tree, 0);
    return files.flatMap((file) => ('deleted' in file ? [] : [file.path])).sort();
  }

  /** The content of all backups of this folder. */
  async backups(): Promise<string[]> {
    const storages = (await this.#workbench.workspaceStorages()).filter((path) => !this.#otherStorages.has(path));
    const options = { recursive: true, withFileTypes: true } as const;
    const entries = (await Promise.all(storages.map((storage) => readdir(storage, options)))).flat();
    const kept = entries.filter((entry) => entry.isFile() && entry.parentPath.includes('/backups/'));
    return Promise.all(kept.map((entry) => readFile(join(entry.parentPath, entry.name), 'utf8')));
  }
}

/** Writes these files, all below "notes", and pushes them. */
export async function pushFiles(machine: Machine, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) await machine.write(path, content);
  await machine.sync.track(['notes']);
  await machine.push();
}
