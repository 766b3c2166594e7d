import { Command, InvalidArgumentError } from 'commander';
import type { RevisionChange } from '../../sync/history/revisionChanges';
import type { FileVersion } from '../../sync/history/fileVersions';
import { revisionDescription, versionDescription } from '../../messages/historyMessages';
import { plainLine } from '../../messages/plainText';
import { action, globalOptions, type Invocation } from '../folder/invocation';
import { withFolder, type OpenFolder } from '../folder/openFolder';
import { pathsInFolder } from '../folder/paths';
import { notInRevision, parseRevisionPath } from '../folder/revisionPath';
import { UsageError } from '../terminal/usageError';

interface LogOptions {
  readonly number: number;
}

export function logCommand(): Command {
  const command = new Command('log')
    .description('show the revisions of the tree, or the versions of a file, newest first')
    .argument('[path]', 'a file; its versions are followed through renames')
    .option('-n, --number <count>', 'how many', positiveNumber, 20);
  return globalOptions(command).action(
    action((invocation, path: string | undefined, { number }: LogOptions) => log(invocation, path, number)),
  );
}

export function positiveNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('Type a number from 1 up.');
  return Number(text);
}

function log(invocation: Invocation, typed: string | undefined, count: number): Promise<void> {
  return withFolder(invocation, async ({ sync, root }) => {
    if (typed === undefined) return logTree(invocation, sync, count);
    const [path = ''] = pathsInFolder([typed], invocation.cwd, root);
    return logFile(invocation, sync, path, count);
  });
}

async function logTree({ out, signal }: Invocation, { history }: OpenFolder['sync'], count: number): Promise<void> {
  let before: number | undefined;
  for (let left = count; left > 0;) {
    const { revisions, more } = await history.revisions(before, signal);
    for (const revision of revisions.slice(0, left)) {
      const { number, author } = revision;
      const label = out.style('yellow', `r${number}`);
      const text = plainLine(`by ${author} · ${revisionDescription(revision, new Date())}`);
      out.result('revision', { ...revision }, `${label} ${text}`);
    }
    left -= revisions.length;
    before = revisions.at(-1)?.number;
    if (!more || before === undefined) return;
  }
}

async function logFile(
  { out, signal }: Invocation,
  { history }: OpenFolder['sync'],
  path: string,
  count: number,
): Promise<void> {
  let last: FileVersion | undefined;
  for (let left = count; left > 0;) {
    const { versions, more } = await history.versions(path, last, signal);
    if (last === undefined && versions.length === 0) {
      throw new UsageError(`The server has no version of ${path}. "palmtree log" without a path shows the revisions.`);
    }
    for (const version of versions.slice(0, left)) {
      const label = out.style('yellow', `r${version.revision}`);
      const text = plainLine(`by ${version.author} · ${versionDescription(version, new Date())}`);
      out.result('version', { ...version }, `${label} ${text}`);
    }
    left -= versions.length;
    last = versions.at(-1);
    if (!more || last === undefined) return;
  }
}

export function showCommand(): Command {
  const command = new Command('show')
    .description('print a version of a file, or list what a revision changed')
    .argument('<rev[:path]>', 'such as 12:notes/plan.md, head:notes/plan.md or 12');
  return globalOptions(command).action(action((invocation, version: string) => show(invocation, version)));
}

function show(invocation: Invocation, typed: string): Promise<void> {
  const { out, cwd, signal } = invocation;
  return withFolder(invocation, async ({ sync, root }) => {
    const { revision = await headOf(sync, signal), path } = parseRevisionPath(typed, cwd, root);
    if (path === undefined) return listRevision(invocation, sync, revision);
    const version = await sync.history.versionAt(path, revision);
    if (!version?.entry) throw notInRevision(revision, [path]);
    const content = await sync.history.serverContent(path, revision);
    const { size, mode, hash } = version.entry;
    if (out.isJson)
      out.result('content', { path, revision, size, mode, hash, base64: Buffer.from(content).toString('base64') });
    else out.content(content);
  });
}

export async function headOf({ history }: OpenFolder['sync'], signal: AbortSignal): Promise<number> {
  const { revisions } = await history.revisions(undefined, signal);
  return revisions[0]?.number ?? 0;
}

async function listRevision(
  { out, signal }: Invocation,
  { history }: OpenFolder['sync'],
  number: number,
): Promise<void> {
  const { revision } = await history.revisionDetail(number, signal);
  const { folders, changes } = await history.revisionChanges(number, signal);
  const heading = plainLine(`by ${revision.author} · ${revisionDescription(revision, new Date())}`);
  out.result('revision', { ...revision }, `${out.style('yellow', `r${number}`)} ${heading}`);
  for (const change of [...folders.flatMap((folder) => folder.changes), ...changes]) {
    const { path, renamedFrom } = change;
    const from = renamedFrom === undefined ? {} : { from: renamedFrom };
    const effect = effectOf(change);
    const text = plainLine(renamedFrom === undefined ? path : `${path} (from ${renamedFrom})`);
    out.result('change', { path, effect, ...from }, `  ${effect.padEnd(8)}  ${text}`);
  }
}

function effectOf({ before, after, renamedFrom }: RevisionChange): 'added' | 'deleted' | 'modified' | 'renamed' {
  if (renamedFrom !== undefined) return 'renamed';
  if (after === null) return 'deleted';
  return before === null ? 'added' : 'modified';
}
