import { Command } from 'commander';
import { action, globalOptions, type Invocation } from '../folder/invocation';
import { withFolder } from '../folder/openFolder';
import { ConfigFile, configNames, type ConfigName } from '../state/config';
import { UsageError } from '../terminal/usageError';

interface ConfigOptions {
  readonly unset?: boolean;
}

export function configCommand(): Command {
  const command = new Command('config')
    .description('show or change the settings of this folder')
    .argument('[name]', configNames.join(', '))
    .argument('[value]', 'such as true, 0.8 or {"*.log": true}')
    .option('--unset', 'give the setting its default');
  return globalOptions(command)
    .addHelpText('after', '\nThe settings have the names that they have in VS Code, and are kept on this machine.')
    .action(
      action((invocation, name: string | undefined, value: string | undefined, options: ConfigOptions) =>
        config(invocation, name, value, options),
      ),
    );
}

function config(
  invocation: Invocation,
  typed: string | undefined,
  value: string | undefined,
  { unset = false }: ConfigOptions,
): Promise<void> {
  const { out } = invocation;
  const name = typed === undefined ? undefined : configName(typed);
  return withFolder(
    invocation,
    async ({ storage }) => {
      const file = new ConfigFile(storage);
      if (name !== undefined && unset) await file.unset(name);
      else if (name !== undefined && value !== undefined) await file.set(name, value);
      const values = await file.read();
      for (const shown of name === undefined ? configNames : [name]) {
        const text = JSON.stringify(values[shown]);
        out.result('config', { name: shown, value: values[shown] }, name === undefined ? `${shown} = ${text}` : text);
      }
    },
    { isServerOptional: true },
  );
}

function configName(typed: string): ConfigName {
  const name = configNames.find((one) => one === typed.replace(/^palmtree\./, ''));
  if (name === undefined) throw new UsageError(`There is no setting ${typed}. There are ${configNames.join(', ')}.`);
  return name;
}
