import { join } from 'node:path';
import * as z from 'zod';
import { parsedJson } from '../../core/parsedJson';
import { defaultExclude } from '../../core/tracking/excludeSetting';
import { replaceFile } from '../../io/fs/durable';
import { readText } from '../../io/fs/files';
import { defaultBackupLimits } from '../../sync/history/backupLimits';
import { UsageError } from '../terminal/usageError';

/** The settings of a folder, under the names that they have in VS Code. */
const schema = z.strictObject({
  exclude: z.record(z.string(), z.boolean()).default({}),
  respectGitignore: z.boolean().default(false),
  modes: z.enum(['auto', 'keep', 'ignore']).default('auto'),
  autoMerge: z.boolean().default(true),
  'deletionGuard.share': z.number().min(0).max(1).default(0.5),
  'backups.maxAgeDays': z.number().min(1).default(defaultBackupLimits.maxAgeDays),
  'backups.maxSize': z
    .number()
    .min(1)
    .default(defaultBackupLimits.maxBytes / 1_000_000),
  rsyncPath: z.string().min(1).default('rsync'),
  transport: z.enum(['auto', 'rsync', 'http']).default('auto'),
});

export type Config = z.infer<typeof schema>;
export type ConfigName = keyof Config;

export const configNames = Object.keys(schema.shape) as readonly ConfigName[];

/** The file `config.json` in the storage of a folder. */
export class ConfigFile {
  readonly path: string;

  constructor(storage: string) {
    this.path = join(storage, 'config.json');
  }

  /** Throws UsageError if the file was edited and is not valid. */
  async read(): Promise<Config> {
    return this.#parsed(await this.#values());
  }

  /** Whether the file sets a value. */
  async isSet(name: ConfigName): Promise<boolean> {
    return name in (await this.#values());
  }

  /** Sets a value as it was typed: JSON, else a text. */
  async set(name: ConfigName, typed: string): Promise<Config> {
    const value = parsedJson(typed) ?? typed;
    const values = { ...(await this.#values()), [name]: value };
    const config = this.#parsed(values, `${typed} is not a value of ${name}`);
    await this.#write(values);
    return config;
  }

  /** Gives a setting its default. */
  async unset(name: ConfigName): Promise<void> {
    const { [name]: _unset, ...rest } = await this.#values();
    await this.#write(rest);
  }

  async #values(): Promise<Record<string, unknown>> {
    const text = await readText(this.path);
    if (text === undefined) return {};
    const values = z.record(z.string(), z.unknown()).safeParse(parsedJson(text)).data;
    if (values === undefined) throw new UsageError(`${this.path} is not a JSON object. Correct it, or delete it.`);
    return values;
  }

  #parsed(values: Record<string, unknown>, fault = `${this.path} is not valid`): Config {
    const parsed = schema.safeParse(values);
    if (parsed.success) return parsed.data;
    throw new UsageError(`${fault}:\n${z.prettifyError(parsed.error)}`);
  }

  async #write(values: Record<string, unknown>): Promise<void> {
    await replaceFile(this.path, [`${JSON.stringify(values, undefined, 2)}\n`]);
  }
}

/** The patterns that a folder's setting excludes: the defaults, less those that it sets to false. */
export function excludedBy({ exclude }: Config): readonly string[] {
  const all = { ...defaultExclude, ...exclude };
  return Object.keys(all).filter((pattern) => all[pattern] !== false);
}
