import { dirname } from 'node:path';
import type { PathLike } from 'node:fs';
import type { CallKind, Computer } from './computer';
import { realFs } from './realFs';

const computers = new Set<Computer>();

/** Adds a computer, to which all calls for paths in its folders belong. */
export function addComputer(computer: Computer): void {
  computers.add(computer);
}

export function removeComputer(computer: Computer): void {
  computers.delete(computer);
}

/** The computer that a path is on; undefined for files of the test itself. */
export function computerOf(path: PathLike | number): Computer | undefined {
  const text = String(path);
  for (const computer of computers) {
    if (computer.folders.some((folder) => text === folder || text.startsWith(`${folder}/`))) return computer;
  }
  return undefined;
}

/** Announces a call that concerns a path. Returns whether only half may be written. */
export function announce(path: PathLike | number, kind: CallKind): boolean {
  return computerOf(path)?.call(kind) ?? false;
}

/** Does `change`, which may replace or remove what is at `path`, and records how to undo it. */
export function changeName<T>(path: string, change: () => T): T {
  const computer = computerOf(path);
  if (computer?.isRecording !== true) return change();
  const kept = computer.keep(path);
  const result = change();
  computer.renamed(() => {
    realFs.rmSync(path, { force: true });
    if (kept !== undefined) realFs.linkSync(kept, path);
  });
  return result;
}

export function renameRecorded(from: string, to: string): void {
  const computer = computerOf(to);
  if (computer?.isRecording !== true) return realFs.renameSync(from, to);
  const kept = computer.keep(to);
  realFs.renameSync(from, to);
  computer.renamed(() => {
    realFs.renameSync(to, from);
    if (kept !== undefined) realFs.linkSync(kept, to);
  });
}

export function makeFolderRecorded(path: string, mode: number | undefined, isRecursive: boolean): string | undefined {
  const computer = computerOf(path);
  if (computer?.isRecording !== true) {
    return realFs.mkdirSync(path, { recursive: isRecursive, ...(mode === undefined ? {} : { mode }) });
  }
  const missing: string[] = [];
  for (let folder = path; isRecursive && !realFs.existsSync(folder); folder = dirname(folder)) missing.push(folder);
  const result = realFs.mkdirSync(path, { recursive: isRecursive, ...(mode === undefined ? {} : { mode }) });
  computer.renamed(() => {
    for (const folder of isRecursive ? missing : [path]) realFs.rmdirSync(folder);
  });
  return result;
}

export function removeFolderRecorded(path: string): void {
  const { mode } = realFs.statSync(path);
  realFs.rmdirSync(path);
  computerOf(path)?.renamed(() => realFs.mkdirSync(path, mode & 0o777));
}
