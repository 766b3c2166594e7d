import { dirname } from 'node:path';
import { PalmtreeError } from '../../../src/errors';
import type { TransferRequest, TransferResult } from '../../../src/io/transfer/transferRequest';
import { Crash } from '../disk/computer';
import { simulatedFs } from '../disk/fsModules';
import { realFs } from '../disk/realFs';
import type { ModelServer } from './modelServer';

const fs = simulatedFs();
const partialMode = 0o600;
const completeMode = 0o444;

/**
 * Copies files as rsync does with `--partial`: a complete file gets its name and mode at once, and an interrupted one
 * stays incomplete under its name. Both ends' disks may fail or crash at each file.
 */
export function simulatedTransfer(server: ModelServer): (request: TransferRequest) => Promise<TransferResult> {
  return async ({ direction, session, root, staging = '', sizes }) => {
    const there = server.running.services.sessions.filesFolderOf(session.module);
    const [from, to] = direction === 'push' ? [root, there] : [there, staging];
    let isPartial = false;
    let bytes = 0;
    for (const path of sizes.keys()) {
      const content = read(`${from}/${path}`, direction);
      if (content === undefined) {
        isPartial = true;
        continue;
      }
      bytes += content.length;
      write(`${to}/${path}`, content, direction);
      // Other code runs between two files.
      await Promise.resolve();
    }
    return { sentBytes: bytes, receivedBytes: bytes, isPartial };
  };
}

function read(path: string, direction: TransferRequest['direction']): Buffer | undefined {
  try {
    if (!fs.lstatSync(path).isFile()) return undefined;
    return fs.readFileSync(path);
  } catch (error) {
    if (error instanceof Crash && direction === 'pull') throw connectionLost(error);
    if (error instanceof Crash) throw error;
    return undefined;
  }
}

function write(path: string, content: Buffer, direction: TransferRequest['direction']): void {
  const temporary = `${path}.rsync-temporary`;
  try {
    fs.mkdirSync(dirname(path), { recursive: true });
    fs.writeFileSync(temporary, content);
    fs.chmodSync(temporary, completeMode);
    fs.renameSync(temporary, path);
  } catch (error) {
    if (error instanceof Crash) throw direction === 'push' ? connectionLost(error) : error;
    keepPartial(temporary, path);
    const full = direction === 'push' ? 'storage_full' : 'disk_full';
    const code = (error as NodeJS.ErrnoException).code === 'ENOSPC' ? full : 'rsync_failed';
    throw new PalmtreeError(code, `rsync: ${String(error)}`, { cause: error });
  }
}

/** rsync renames what it has of an interrupted file. */
function keepPartial(temporary: string, path: string): void {
  if (!realFs.existsSync(temporary)) return;
  try {
    fs.chmodSync(temporary, partialMode);
    fs.renameSync(temporary, path);
  } catch {
    // The disk takes no rename either.
  }
}

function connectionLost(cause: unknown): PalmtreeError {
  return new PalmtreeError('connection_lost', 'the server crashed', { cause });
}
