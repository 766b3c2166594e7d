import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { Command } from 'commander';
import { OperatorError } from '../../errors';
import { AuthorizedKeys } from '../../ssh/authorizedKeys';
import { checkKeyName, keyLine, type AllowedKey, type Program } from '../../ssh/keyLine';
import { fingerprint, parsePublicKey } from '../../ssh/publicKey';
import { dataOption, existingDataFolder, prepareDataFolder, type DataOption } from '../dataFolder';
import { tableLines } from '../tableLines';
import { limitCells, tokenLimits } from '../tokenLimits';
import { withTokens } from '../withTokens';

export function keyCommand(print: (line: string) => void): Command {
  const command = new Command('key').description(
    'allow, list and remove ssh keys that may only connect to this server (in ~/.ssh/authorized_keys)',
  );
  const subcommand = (name: string, description: string): Command =>
    command.command(name).description(description).addOption(dataOption());

  subcommand('add <name>', 'allow the public key that is read from stdin')
    .option('--tree <tree...>', 'limit the key to these trees')
    .option('--read-only', 'let the key change nothing')
    .action(async (name: string, options: DataOption & { tree?: string[]; readOnly?: boolean }) => {
      checkKeyName(name);
      const limits = tokenLimits(options);
      if (process.stdin.isTTY)
        throw new OperatorError(`Give the public key: palmtree-server key add ${name} < key.pub`);
      const key = parsePublicKey(await text(process.stdin));
      const dataFolder = prepareDataFolder(options.data);
      const keys = new AuthorizedKeys();
      if (keys.list(dataFolder).some((allowed) => allowed.name === name)) {
        throw new OperatorError(
          `A key named ${JSON.stringify(name)} is allowed already. Choose another name, or remove that key first.`,
        );
      }
      const line = keyLine({ name, dataFolder, key, ...limits }, program());
      keys.requireNew(key);
      await withTokens(dataFolder, async (tokens) => {
        const existing = await tokens.find(name);
        if (existing?.hasSecret) throw nameInUse(name);
        // A client has connected under this name without a key of its own.
        if (existing !== undefined) await tokens.revoke(name);
        await tokens.createWithoutSecret(name, limits);
      });
      keys.add(line);
      print(`${name} may connect with ${fingerprint(key)}.`);
    });
  subcommand('list', 'list the allowed keys')
    .option('--json', 'print JSON')
    .action(async (options: DataOption & { json?: boolean }) => {
      const dataFolder = existingDataFolder(options.data);
      const allowed = new AuthorizedKeys().list(dataFolder);
      await withTokens(dataFolder, async (tokens) => {
        const pushes = new Map((await tokens.list()).map(({ name, lastPushAt }) => [name, lastPushAt]));
        const list = allowed.map((key) => ({ ...listed(key), lastPushAt: pushes.get(key.name) ?? null }));
        if (options.json) print(JSON.stringify(list));
        else for (const line of table(list)) print(line);
      });
    });
  subcommand('remove <name>', 'remove a key, and end its connections').action(
    async (name: string, options: DataOption) => {
      const dataFolder = existingDataFolder(options.data);
      const keys = new AuthorizedKeys();
      const hadLine = keys.remove(dataFolder, name);
      await withTokens(dataFolder, async (tokens) => {
        const isClient = (await tokens.find(name))?.hasSecret === false;
        if (isClient) await tokens.revoke(name);
        if (!hadLine) throw noLine(name, keys.file, isClient);
      });
    },
  );
  return command;
}

function nameInUse(name: string): OperatorError {
  const fix = 'Choose another name, or revoke that token first.';
  return new OperatorError(`A token named ${JSON.stringify(name)} already exists. ${fix}`);
}

function noLine(name: string, file: string, wasRevoked: boolean): OperatorError {
  const fault = `${file} has no line for a key named ${JSON.stringify(name)}.`;
  const fix = wasRevoked
    ? 'Its access was revoked. If the file of another user has its line, remove it there.'
    : 'Run "palmtree-server key list" to see the allowed keys.';
  return new OperatorError(`${fault} ${fix}`);
}

/** This Node and this script. */
function program(): Program {
  return [process.execPath, resolve(process.argv[1] ?? '')];
}

interface ListedKey {
  readonly name: string;
  readonly key: string;
  readonly trees: readonly string[] | null;
  readonly readOnly: boolean;
  readonly lastPushAt: string | null;
}

function listed({ name, key, trees, readOnly }: AllowedKey): Omit<ListedKey, 'lastPushAt'> {
  return { name, key: `${key.type} ${fingerprint(key)}`, trees, readOnly };
}

function table(keys: readonly ListedKey[]): string[] {
  if (keys.length === 0) return ['No key is allowed. Allow one with "palmtree-server key add NAME < key.pub".'];
  return tableLines([
    ['NAME', 'KEY', 'LAST PUSH', 'TREES', 'ACCESS'],
    ...keys.map(({ name, key, lastPushAt, ...limits }) => [name, key, lastPushAt ?? '-', ...limitCells(limits)]),
  ]);
}
