import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { ignoreFileName, isSharedFile } from '../../core/sharedFiles';
import { ignoreLine, withIgnoreLines } from '../../core/tracking/ignoreLine';
import { appendToFile } from '../../io/fs/appendToFile';
import { isNotFound } from '../../io/fs/errno';
import { readRuleFile } from '../../io/scan/readRuleFile';
import { addedToIgnoreFile, keptAlthoughIgnored, newIgnoreFile } from '../../messages/sharedRulesMessages';
import { action, globalOptions, type Invocation } from '../folder/invocation';
import { withFolder, type OpenFolder } from '../folder/openFolder';
import { pathsInFolder } from '../folder/paths';
import { problemSentence } from '../terminal/pathSentences';
import { UsageError } from '../terminal/usageError';

export function ignoreCommand(): Command {
  const command = new Command('ignore')
    .description(`exclude files and folders for everybody who syncs the tree, in ${ignoreFileName}`)
    .argument('<path...>', 'files and folders of the connected folder');
  return globalOptions(command).action(action((invocation, typed: string[]) => ignore(invocation, typed)));
}

async function ignore(invocation: Invocation, typed: readonly string[]): Promise<void> {
  const { out, cwd } = invocation;
  await withFolder(
    invocation,
    async (folder) => {
      const { root, sync } = folder;
      const paths = pathsInFolder(typed, cwd, root);
      const fixed = paths.find((path) => path === '' || isSharedFile(path));
      if (fixed !== undefined) throw new UsageError(`${fixed || 'The whole folder'} cannot be excluded.`);
      await addLines(folder, await Promise.all(paths.map((path) => lineOf(folder, path))));
      const kept = paths.filter((path) => sync.rules.get(path)?.effect === 'track');
      out.result('ignored', { paths, kept }, addedToIgnoreFile(paths, false));
      if (kept.length > 0) out.note(keptAlthoughIgnored(kept));
    },
    { isServerOptional: true },
  );
}

/** A path that does not exist is a file: that it may become a folder is for the user to write. */
async function lineOf({ root }: OpenFolder, path: string): Promise<string> {
  try {
    return ignoreLine(path, (await lstat(join(root, path))).isDirectory() ? 'folder' : 'file');
  } catch (error) {
    if (isNotFound(error)) return ignoreLine(path, 'file');
    throw error;
  }
}

async function addLines({ root }: OpenFolder, lines: readonly string[]): Promise<void> {
  const path = join(root, ignoreFileName);
  const read = readRuleFile(path);
  if (read !== undefined && !('bytes' in read)) {
    const { fault, errno = '' } = read;
    const reason = problemSentence({ path: ignoreFileName, reason: `shared-${fault}`, with: errno });
    throw new UsageError(`${ignoreFileName}: ${reason}`);
  }
  const content = read?.bytes.toString('utf8') ?? '';
  const wanted = withIgnoreLines(content === '' ? newIgnoreFile() : content, lines);
  await appendToFile(path, wanted.slice(content.length));
}
