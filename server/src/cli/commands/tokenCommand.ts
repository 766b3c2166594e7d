import { Command } from 'commander';
import { OperatorError } from '../../errors';
import { AuthorizedKeys } from '../../ssh/authorizedKeys';
import type { TokenSummary } from '../../tokens/tokenRepository';
import { dataOption, existingDataFolder, prepareDataFolder, type DataOption } from '../dataFolder';
import { tableLines } from '../tableLines';
import { checkTokenName, limitCells, tokenLimits } from '../tokenLimits';
import { withTokens } from '../withTokens';

interface JsonOption {
  readonly json?: boolean;
}

export function tokenCommand(print: (line: string) => void): Command {
  const command = new Command('token').description('create, list and revoke access tokens');
  const subcommand = (name: string, description: string): Command =>
    command.command(name).description(description).addOption(dataOption());

  subcommand('create <name>', 'create a token and print it; it cannot be shown again')
    .option('--tree <tree...>', 'limit the token to these trees')
    .option('--read-only', 'let the token change nothing')
    .option('--json', 'print JSON')
    .action(async (name: string, options: DataOption & JsonOption & { tree?: string[]; readOnly?: boolean }) => {
      checkTokenName(name);
      const { trees, readOnly } = tokenLimits(options);
      await withTokens(prepareDataFolder(options.data), async (tokens) => {
        const token = await tokens.create(name, trees, readOnly);
        print(options.json ? JSON.stringify({ name, token }) : token);
      });
    });
  subcommand('list', 'list the valid tokens')
    .option('--json', 'print JSON')
    .action((options: DataOption & JsonOption) =>
      withTokens(existingDataFolder(options.data), async (tokens) => {
        const list = (await tokens.list()).map(({ name, trees, readOnly, hasSecret, createdAt, lastPushAt }) => {
          return {
            name,
            trees,
            readOnly,
            via: hasSecret ? ('token' as const) : ('ssh' as const),
            createdAt,
            lastPushAt,
          };
        });
        if (options.json) print(JSON.stringify(list));
        else for (const line of table(list)) print(line);
      }),
    );
  subcommand('revoke <name>', 'revoke a token immediately; that of an ssh key with its key').action(
    async (name: string, options: DataOption) => {
      const dataFolder = existingDataFolder(options.data);
      await withTokens(dataFolder, async (tokens) => {
        const token = await tokens.find(name);
        if (token === undefined || !(await tokens.revoke(name))) {
          const fix = 'Run "palmtree-server token list" to see the valid tokens.';
          throw new OperatorError(`No valid token is named ${JSON.stringify(name)}. ${fix}`);
        }
        if (!token.hasSecret) new AuthorizedKeys().remove(dataFolder, name);
      });
    },
  );
  return command;
}

interface ListedToken extends Omit<TokenSummary, 'id' | 'hasSecret'> {
  /** A token of a client that connects by ssh has no secret. */
  readonly via: 'token' | 'ssh';
}

/** The lines of a table with a header. */
function table(tokens: readonly ListedToken[]): string[] {
  if (tokens.length === 0) return ['There are no valid tokens. Create one with "palmtree-server token create NAME".'];
  const rows = [
    ['NAME', 'VIA', 'CREATED', 'LAST PUSH', 'TREES', 'ACCESS'],
    ...tokens.map(({ name, via, createdAt, lastPushAt, ...limits }) => {
      return [name, via, createdAt, lastPushAt ?? '-', ...limitCells(limits)];
    }),
  ];
  return tableLines(rows);
}
