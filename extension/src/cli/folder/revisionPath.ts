import { PalmtreeError } from '../../errors';
import { UsageError } from '../terminal/usageError';
import { pathsInFolder } from './paths';

/** A version of a file or folder: `12:notes/plan.md`. */
export interface RevisionPath {
  /** Undefined for the newest one. */
  readonly revision: number | undefined;
  /** Undefined if only a revision was typed. */
  readonly path: string | undefined;
}

/**
 * Parses `REV:PATH` or `REV`. As in git, PATH starts from the connected folder `root`, or from `cwd` if it begins with `./` or
 * `../`. Throws UsageError and not_in_folder.
 */
export function parseRevisionPath(text: string, cwd: string, root: string): RevisionPath {
  const parts = /^r?(\d+|head)(?::(.*))?$/is.exec(text);
  if (parts === null) {
    throw new UsageError(`"${text}" is not a version. Type REV:PATH, such as 12:notes/plan.md or head:notes/plan.md.`);
  }
  const [, number = '', path] = parts;
  const revision = number.toLowerCase() === 'head' ? undefined : Number(number);
  if (path === undefined) return { revision, path };
  const from = /^\.{1,2}(\/|$)/.test(path) ? cwd : root;
  return { revision, path: pathsInFolder([path === '' ? '.' : path], from, root)[0] };
}

export function notInRevision(revision: number, paths: readonly string[]): PalmtreeError {
  const details = { subject: String(revision), paths };
  return new PalmtreeError('not_in_revision', `revision ${revision} has no ${paths.join(', ')}`, { details });
}
