import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const size = 16 << 20;

/** An exFAT disk in a file, which ignores case and keeps no modes. It needs root on Linux, exfatprogs and exfat-fuse. */
export class ExfatDisk {
  readonly #base: string;
  readonly #device: string;
  #at: string | undefined;

  constructor() {
    this.#base = mkdtempSync(join(tmpdir(), 'palmtree-exfat-'));
    const image = join(this.#base, 'image');
    writeFileSync(image, '');
    truncateSync(image, size);
    run('mkfs.exfat', image);
    this.#device = run('losetup', '--find', '--show', image).trim();
  }

  /** Mounts it over the existing folder. */
  mount(folder: string): void {
    run('mount.exfat-fuse', this.#device, folder);
    this.#at = folder;
  }

  unmount(): void {
    if (this.#at !== undefined) run('umount', '--lazy', this.#at);
    this.#at = undefined;
  }

  remove(): void {
    this.unmount();
    run('losetup', '--detach', this.#device);
    rmSync(this.#base, { recursive: true });
  }

  static get canBeMounted(): boolean {
    if (process.platform !== 'linux' || process.geteuid?.() !== 0) return false;
    const folder = mkdtempSync(join(tmpdir(), 'palmtree-exfat-'));
    let disk: ExfatDisk | undefined;
    try {
      disk = new ExfatDisk();
      disk.mount(folder);
      return true;
    } catch {
      return false;
    } finally {
      disk?.remove();
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

function run(command: string, ...args: readonly string[]): string {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}
