import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Seconds after which the disk fails. Longer than a test may take, so that a test whose thread waits for the disk fails too. */
const lifetimeSeconds = 150;

/** A FUSE disk that responds to nothing, like a network share whose server is gone. It needs root on Linux. */
export class HungDisk {
  readonly #path: string;
  readonly #device: number;
  readonly #end: ChildProcess;

  private constructor(path: string, device: number) {
    this.#path = path;
    this.#device = device;
    // A process, because no timer fires in a thread that waits for the disk.
    const script = `sleep ${lifetimeSeconds}; umount --force "$0"`;
    this.#end = spawn('sh', ['-c', script, path], { stdio: 'ignore', detached: true });
    this.#end.unref();
  }

  /** Mounts it over the folder `path`. */
  static mount(path: string): HungDisk {
    const device = openSync('/dev/fuse', 'r+');
    const options = 'fd=3,rootmode=40000,user_id=0,group_id=0';
    const { status } = spawnSync('mount', ['-i', '-t', 'fuse', '-o', options, 'hung', path], {
      stdio: ['ignore', 'ignore', 'ignore', device],
    });
    if (status === 0) return new HungDisk(path, device);
    closeSync(device);
    throw new Error('The disk could not be mounted.');
  }

  static get canBeMounted(): boolean {
    const folder = mkdtempSync(join(tmpdir(), 'palmtree-hung-'));
    try {
      HungDisk.mount(folder).unmount();
      return true;
    } catch {
      return false;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  /** All calls that wait for it fail. */
  unmount(): void {
    closeSync(this.#device);
    execFileSync('umount', ['--lazy', this.#path]);
    if (this.#end.pid !== undefined) process.kill(-this.#end.pid);
  }
}
