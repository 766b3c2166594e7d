import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { Command } from 'commander';
import { checkTreeName, isUnencrypted, parseServerUrl, suggestTreeName, withScheme } from '../../io/api/serverAddress';
import { isSshAddress } from '../../io/api/sshAddress';
import { errnoOf } from '../../io/fs/errno';
import { unencryptedConfirmation } from '../../messages/confirmations';
import { plainLine } from '../../messages/plainText';
import { systemFault } from '../../messages/systemFaults';
import { agreeToNewTree } from '../folder/agreements';
import { action, globalOptions, yesOption, type Invocation } from '../folder/invocation';
import { withFolderAt } from '../folder/openFolder';
import { serverBinding } from '../folder/serverBinding';
import { agree, askSecret, canAsk } from '../terminal/questions';
import { UsageError } from '../terminal/usageError';

interface ConnectOptions {
  readonly tree?: string;
  readonly tokenFile?: string;
  readonly insecure?: boolean;
}

export function connectCommand(): Command {
  const command = new Command('connect')
    .description('connect this folder to a tree on a server')
    .argument('[url]', 'the address of the server; by default PALMTREE_SERVER_URL')
    .option('--tree <name>', 'the tree; by default one that is named after the folder')
    .option('--token-file <file>', 'read the token from a file; "-" reads it from stdin')
    .option('--insecure', 'accept an address that is not encrypted');
  return globalOptions(yesOption(command, 'make the tree if it does not exist'))
    .addHelpText('after', connectHelp)
    .action(
      action((invocation, url: string | undefined, options: ConnectOptions) => connect(invocation, url, options)),
    );
}

const connectHelp = `
The token comes from --token-file, from PALMTREE_TOKEN, or from a question on the terminal. It is stored for the server in a
file that only you can read, unless it comes from PALMTREE_TOKEN. A server that ssh reaches needs no token; ssh asks on the
terminal what it has to.

Examples:
  palmtree connect https://sync.example.org --tree notes
  palmtree connect ssh://me@example.org --tree notes
  PALMTREE_TOKEN=… palmtree connect https://sync.example.org --tree notes --yes`;

async function connect(invocation: Invocation, typed: string | undefined, options: ConnectOptions): Promise<void> {
  const { out, credentials, clients, cwd, signal } = invocation;
  const address = typed ?? credentials.environmentUrl;
  if (address === undefined) throw new UsageError('Name the address of the server, such as https://sync.example.org.');
  const url = parseServerUrl(withScheme(address));
  await requireEncryption(invocation, url, options);
  const server = url.href.replace(/\/+$/, '');
  const token = await tokenFor(invocation, url, options.tokenFile);
  const client = clients.open(server, token.text);
  const { name, trees: allowed } = await client.whoami(signal);
  const { trees } = await client.trees(signal);
  const [only] = allowed ?? [];
  const suggested = allowed?.length === 1 && only !== undefined ? only : suggestTreeName(basename(cwd));
  const tree = checkTreeName(options.tree ?? suggested);
  const existing = trees.find((one) => one.name === tree);
  if (existing === undefined) {
    await agreeToNewTree(invocation, tree, server);
    await client.makeTree(tree, signal);
  }
  if (token.isStored) {
    await credentials.store(url.origin, token.text);
    // The next command would use another token than this one.
    if (credentials.fromEnvironment(url.origin) !== undefined)
      out.warn('The token is stored, but PALMTREE_TOKEN is set: other commands use that one.');
  }
  await withFolderAt(invocation, cwd, async ({ sync, root, config }) => {
    const { rsyncPath: rsync, transport } = config;
    const bound = serverBinding(invocation, { address: server, token: token.text, tree, rsync, transport });
    await sync.bind(bound, { server, tree });
    const revision = existing?.revision ?? 0;
    const next =
      revision === 0
        ? '"palmtree track PATH" picks files, "palmtree push" sends them.'
        : '"palmtree pull" gets its files; "palmtree track PATH" adds others.';
    const text = `Connected ${root} to "${tree}" on ${server} as ${plainLine(name)}, revision ${revision}.`;
    out.result('connected', { folder: root, server, tree, token: name, revision }, text);
    out.note(next);
  });
}

async function requireEncryption(invocation: Invocation, url: URL, { insecure }: ConnectOptions): Promise<void> {
  if (!isUnencrypted(url)) return;
  const { question: message, detail } = unencryptedConfirmation(url.host);
  const sentences = [message, ...detail];
  await agree(
    { ...invocation, yes: insecure === true },
    { detail: sentences, question: 'Connect anyway?', refusal: [...sentences, '--insecure agrees.'].join(' ') },
  );
}

interface Token {
  readonly text: string;
  /** It is to be stored; one of the environment stays there. */
  readonly isStored: boolean;
}

async function tokenFor(invocation: Invocation, url: URL, file: string | undefined): Promise<Token> {
  const { credentials } = invocation;
  if (isSshAddress(url.href)) return { text: '', isStored: false };
  const given = await givenToken(invocation, url, file);
  if (given !== undefined) return given;
  const stored = await credentials.stored(url.origin);
  if (!canAsk()) {
    if (stored !== undefined) return { text: stored, isStored: true };
    throw new UsageError(`A token for ${url.host} is needed. Pass --token-file FILE, or set PALMTREE_TOKEN.`);
  }
  const keep = stored === undefined ? '' : ' (leave empty to keep the stored one)';
  const typed = (await askSecret(invocation, `Token for ${url.host}${keep}: `)).trim();
  return { text: checkedToken(typed || (stored ?? '')), isStored: true };
}

async function givenToken({ credentials }: Invocation, url: URL, file: string | undefined): Promise<Token | undefined> {
  if (file !== undefined) return { text: checkedToken(await readToken(file)), isStored: true };
  const fromEnvironment = credentials.fromEnvironment(url.origin);
  return fromEnvironment === undefined ? undefined : { text: checkedToken(fromEnvironment), isStored: false };
}

async function readToken(file: string): Promise<string> {
  try {
    return (await (file === '-' ? textOf(process.stdin) : readFile(file, 'utf8'))).trim();
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${systemFault(errnoOf(error) ?? '')}.`);
  }
}

function checkedToken(token: string): string {
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  const fix = 'On the server, "palmtree-server token create NAME" prints one.';
  throw new UsageError(
    token === '' ? `No token was given. ${fix}` : 'A token has no spaces and only ASCII characters.',
  );
}
