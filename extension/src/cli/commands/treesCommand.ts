import { Command } from 'commander';
import { PalmtreeError } from '../../errors';
import { parseServerUrl, withScheme } from '../../io/api/serverAddress';
import { plainLine } from '../../messages/plainText';
import { action, globalOptions, type Invocation } from '../folder/invocation';
import { withFolder } from '../folder/openFolder';
import { UsageError } from '../terminal/usageError';

export function treesCommand(): Command {
  const command = new Command('trees')
    .description('list the trees on the server')
    .argument('[url]', 'the address of a server; by default that of the connected folder');
  return globalOptions(command).action(action((invocation, url: string | undefined) => trees(invocation, url)));
}

async function trees(invocation: Invocation, url: string | undefined): Promise<void> {
  const { out, credentials, clients, signal } = invocation;
  const [server, own] = url === undefined ? await connected(invocation) : [parseServerUrl(withScheme(url)), ''];
  const token = await credentials.token(server);
  if (token === undefined)
    throw new UsageError(`There is no token for ${server.origin}. Connect, or set PALMTREE_TOKEN.`);
  const list = await clients.open(server.href, token).trees(signal);
  if (list.trees.length === 0) out.note('There are no trees.');
  for (const { name, revision } of list.trees) {
    const mark = name === own ? '*' : ' ';
    out.result('tree', { name, revision }, `${mark} ${plainLine(name)}  r${revision}`);
  }
}

function connected(invocation: Invocation): Promise<[URL, string]> {
  return withFolder(
    invocation,
    ({ sync }) => {
      const { binding } = sync.state;
      if (binding === undefined) throw new PalmtreeError('not_connected', 'no tree is stored');
      return Promise.resolve([parseServerUrl(binding.server), binding.tree]);
    },
    { isServerOptional: true },
  );
}
