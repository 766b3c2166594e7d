import { Command } from 'commander';
import { unifiedDiff, type DiffLine } from '../../core/merge/unifiedDiff';
import { compareNaturally } from '../../core/paths';
import { plainLine } from '../../messages/plainText';
import { localSide, serverSide, syncedSide } from '../../sync/history/diffSides';
import { action, globalOptions, type Invocation } from '../folder/invocation';
import { withFolder } from '../folder/openFolder';
import { pathsAtOrIn, pathsInFolder, requireTracked } from '../folder/paths';
import type { Color } from '../terminal/style';

interface DiffOptions {
  readonly server?: boolean;
}

export function diffCommand(): Command {
  const command = new Command('diff')
    .description('show how the files here differ from their last synced versions')
    .argument('[path...]', 'only the files at and in these paths')
    .option('--server', "compare with the server's newest versions");
  return globalOptions(command).action(
    action((invocation, typed: string[], options: DiffOptions) => diff(invocation, typed, options)),
  );
}

function diff(invocation: Invocation, typed: readonly string[], { server = false }: DiffOptions): Promise<void> {
  const { out, cwd } = invocation;
  return withFolder(invocation, async ({ sync, root, reporter }) => {
    const { history } = sync;
    await sync.rescan(reporter);
    const wanted = typed.length === 0 ? [''] : pathsInFolder(typed, cwd, root);
    if (typed.length > 0) requireTracked(sync, wanted);
    const states = [...sync.pathStates].filter(([, state]) => state !== 'problem' && (server || state !== 'incoming'));
    const paths = pathsAtOrIn(
      states.map(([path]) => path),
      wanted,
    );
    for (const path of [...paths].sort(compareNaturally)) {
      const before = await (server ? serverSide(history, path, sync.knownRevision) : syncedSide(history, path));
      const lines = unifiedDiff(path, before, await localSide(root, path, sync.hashAt(path)));
      const patch = lines.map(({ text }) => text).join('\n');
      if (lines.length > 0) out.result('diff', { path, patch }, lines.map((line) => shown(line)).join('\n'));
    }

    function shown({ kind, text }: DiffLine): string {
      const color = colors[kind];
      // The characters of a content may move the cursor.
      const plain = plainLine(text.replaceAll('\t', '    '));
      return color === undefined ? plain : out.style(color, plain);
    }
  });
}

const colors: Partial<Record<DiffLine['kind'], Color>> = {
  heading: 'bold',
  hunk: 'cyan',
  removed: 'red',
  added: 'green',
};
