import { parentFolders, parentOf } from '../../core/paths';
import { isGitignoreName } from '../../core/problem';

/** The part of a workspace folder that a scan covers: all of it, or some paths and everything below them. */
export class ScanArea {
  /** The outermost paths of a partial scan, `''` for the workspace folder; undefined in a full scan. */
  readonly outermost: ReadonlySet<string> | undefined;

  constructor(only: readonly string[] | undefined, respectGitignore: boolean) {
    if (only === undefined) return;
    // A changed .gitignore can change what is included anywhere in its folder.
    this.outermost = withoutInner(respectGitignore ? only.map(folderOfGitignore) : only);
  }

  get isPartial(): boolean {
    return this.outermost !== undefined;
  }

  covers(path: string): boolean {
    if (this.outermost === undefined || this.outermost.has('') || this.outermost.has(path)) return true;
    for (const folder of parentFolders(path)) if (this.outermost.has(folder)) return true;
    return false;
  }
}

function folderOfGitignore(path: string): string {
  return isGitignoreName(path.slice(path.lastIndexOf('/') + 1)) ? (parentOf(path) ?? '') : path;
}

function withoutInner(paths: readonly string[]): Set<string> {
  const all = new Set(paths);
  if (all.has('')) return new Set(['']);
  return new Set([...all].filter((path) => ![...parentFolders(path)].some((folder) => all.has(folder))));
}
