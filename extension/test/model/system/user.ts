import type { Stats } from 'node:fs';
import { dirname } from 'node:path';
import { realFs } from '../disk/realFs';
import type { Edit } from './steps';

const linesPerFile = 6;

/** Does one edit as a user does, on a disk that works. Returns a description; undefined if it is impossible now. */
export function doEdit(root: string, { how, path, to, line }: Edit, label: string): string | undefined {
  const file = `${root}/${path}`;
  const stats = statsAt(file);
  switch (how) {
    case 'write':
      return write(root, path, textOf(label)) ? `write ${path}` : undefined;
    case 'line': {
      if (stats?.isFile() !== true) return undefined;
      const lines = realFs.readFileSync(file, 'utf8').split('\n');
      lines[line] = label;
      realFs.writeFileSync(file, lines.join('\n'));
      return `change line ${line} of ${path}`;
    }
    case 'delete':
      if (stats === undefined) return undefined;
      realFs.rmSync(file, { recursive: true });
      return `delete ${path}`;
    case 'rename':
      return rename(root, path, to) ? `rename ${path} to ${to}` : undefined;
    case 'link':
      if (stats?.isDirectory() === true || !makeParents(root, path)) return undefined;
      realFs.rmSync(file, { force: true });
      realFs.symlinkSync(`target-${label}`, file);
      return `link ${path}`;
    case 'chmod':
      if (stats?.isFile() !== true) return undefined;
      realFs.chmodSync(file, line % 2 === 0 ? 0o755 : 0o644);
      return `chmod ${path}`;
    case 'touch':
      if (stats?.isFile() !== true) return undefined;
      realFs.utimesSync(file, 1_600_000_000, 1_600_000_000 + line);
      return `touch ${path}`;
    case 'bad name':
      realFs.writeFileSync(`${root}/n/bad\\name`, label);
      return 'write a name that cannot be synced';
  }
}

/** Undefined also if a file is where a folder is needed. */
function statsAt(path: string): Stats | undefined {
  try {
    return realFs.lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function textOf(label: string): string {
  return Array.from({ length: linesPerFile }, (_, line) => `${label} line ${line}\n`).join('');
}

function write(root: string, path: string, text: string): boolean {
  const stats = statsAt(`${root}/${path}`);
  if (stats?.isDirectory() === true || !makeParents(root, path)) return false;
  if (stats?.isSymbolicLink() === true) realFs.unlinkSync(`${root}/${path}`);
  realFs.writeFileSync(`${root}/${path}`, text);
  return true;
}

function rename(root: string, from: string, to: string): boolean {
  if (from === to || to.startsWith(`${from}/`) || from.startsWith(`${to}/`)) return false;
  if (statsAt(`${root}/${from}`) === undefined) return false;
  if (statsAt(`${root}/${to}`) !== undefined || !makeParents(root, to)) return false;
  realFs.renameSync(`${root}/${from}`, `${root}/${to}`);
  return true;
}

/** False if a file or a symlink is where a folder is needed. */
function makeParents(root: string, path: string): boolean {
  for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) {
    const stats = statsAt(`${root}/${folder}`);
    if (stats !== undefined && !stats.isDirectory()) return false;
  }
  realFs.mkdirSync(dirname(`${root}/${path}`), { recursive: true });
  return true;
}
