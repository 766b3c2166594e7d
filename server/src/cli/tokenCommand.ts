import { Command } from 'commander';
import { treeName } from '../contract/schemas';
import { StartError } from '../errors';
import { openDatabase } from '../database/openDatabase';
import { TokenRepository } from '../tokens/tokenRepository';
import { defaultDataFolder, prepareDataFolder } from './dataFolder';

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

  subcommand('create <name>', 'make a token; it is shown once')
    .option('--tree <tree...>', 'limit it to these trees')
    .option('--json', 'print JSON')
    .action((name: string, options: DataOption & JsonOption & { tree?: string[] }) =>
      withTokens(options, async (tokens) => {
        if (!tokenName.test(name)) throw new StartError('a token name is 1 to 100 printable characters');
        const trees = options.tree ?? null;
        const bad = trees?.find((tree) => !treeName.safeParse(tree).success);
        if (bad !== undefined) throw new StartError(`${JSON.stringify(bad)} cannot be a tree's name`);
        const token = await tokens.create(name, trees);
        print(options.json ? JSON.stringify({ name, token }) : token);
      }),
    );
  subcommand('list', 'list the tokens that are valid')
    .option('--json', 'print JSON')
    .action((options: DataOption & JsonOption) =>
      withTokens(options, async (tokens) => {
        const list = (await tokens.list()).map(({ name, trees, createdAt }) => ({ name, trees, createdAt }));
        if (options.json) print(JSON.stringify(list));
        else for (const { name, trees, createdAt } of list) print([createdAt, name, trees ?? 'all trees'].join('\t'));
      }),
    );
  subcommand('revoke <name>', 'end a token, at once').action((name: string, options: DataOption) =>
    withTokens(options, async (tokens) => {
      if (!(await tokens.revoke(name))) throw new StartError(`there is no token named ${JSON.stringify(name)}`);
    }),
  );
  return command;
}

async function withTokens({ data }: DataOption, use: (tokens: TokenRepository) => Promise<void>): Promise<void> {
  const database = await openDatabase(prepareDataFolder(data));
  try {
    await use(new TokenRepository(database, () => new Date()));
  } finally {
    await database.destroy();
  }
}
