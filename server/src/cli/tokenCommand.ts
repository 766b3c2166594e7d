import { Command } from 'commander';
import { treeName } from '../contract/schemas';
import { openDatabase } from '../database/openDatabase';
import { OperatorError } from '../errors';
import { Reserve } from '../space/reserve';
import { TokenRepository, type TokenSummary } from '../tokens/tokenRepository';
import { defaultDataFolder, existingDataFolder, prepareDataFolder } from './dataFolder';
import { tableLines } from './tableLines';

interface DataOption {
  readonly data: string;
}

interface JsonOption {
  readonly json?: boolean;
}

const tokenName = /^[^\p{Cc}]{1,100}$/u;

export function tokenCommand(print: (line: string) => void): Command {
  const command = new Command('token').description('create, list and revoke access tokens');
  const subcommand = (name: string, description: string): Command =>
    command.command(name).description(description).option('--data <folder>', 'the data folder', defaultDataFolder);

  subcommand('create <name>', 'create a token and print it; it cannot be shown again')
    .option('--tree <tree...>', 'limit the token to these trees')
    .option('--json', 'print JSON')
    .action(async (name: string, options: DataOption & JsonOption & { tree?: string[] }) => {
      if (!tokenName.test(name)) throw new OperatorError('Choose a token name of 1 to 100 printable characters.');
      const trees = options.tree ?? null;
      const invalid = trees?.find((tree) => !treeName.safeParse(tree).success);
      if (invalid !== undefined) {
        const fix = 'Use 1 to 64 letters, digits, ".", "_" or "-", with a letter or digit first.';
        throw new OperatorError(`${JSON.stringify(invalid)} is not a valid tree name. ${fix}`);
      }
      await withTokens(prepareDataFolder(options.data), async (tokens) => {
        const token = await tokens.create(name, trees);
        print(options.json ? JSON.stringify({ name, token }) : token);
      });
    });
  subcommand('list', 'list the valid tokens')
    .option('--json', 'print JSON')
    .action((options: DataOption & JsonOption) =>
      withTokens(existingDataFolder(options.data), async (tokens) => {
        const list = (await tokens.list()).map(({ name, trees, createdAt, lastPushAt }) => {
          return { name, trees, createdAt, lastPushAt };
        });
        if (options.json) print(JSON.stringify(list));
        else for (const line of table(list)) print(line);
      }),
    );
  subcommand('revoke <name>', 'revoke a token immediately').action((name: string, options: DataOption) =>
    withTokens(existingDataFolder(options.data), async (tokens) => {
      if (await tokens.revoke(name)) return;
      const fix = 'Run "palmtree-server token list" to see the valid tokens.';
      throw new OperatorError(`No valid token is named ${JSON.stringify(name)}. ${fix}`);
    }),
  );
  return command;
}

/** The lines of a table with a header. */
function table(tokens: readonly Omit<TokenSummary, 'id'>[]): string[] {
  if (tokens.length === 0) return ['There are no valid tokens. Create one with "palmtree-server token create NAME".'];
  const rows = [
    ['NAME', 'CREATED', 'LAST PUSH', 'TREES'],
    ...tokens.map(({ name, createdAt, lastPushAt, trees }) => [
      name,
      createdAt,
      lastPushAt ?? '-',
      trees?.join(', ') ?? 'all trees',
    ]),
  ];
  return tableLines(rows);
}

async function withTokens(dataFolder: string, use: (tokens: TokenRepository) => Promise<void>): Promise<void> {
  await new Reserve(dataFolder).withRoom(() => withDatabase(dataFolder, use));
}

async function withDatabase(dataFolder: string, use: (tokens: TokenRepository) => Promise<void>): Promise<void> {
  const database = await openDatabase(dataFolder);
  try {
    await use(new TokenRepository(database, () => new Date()));
  } finally {
    await database.destroy();
  }
}
