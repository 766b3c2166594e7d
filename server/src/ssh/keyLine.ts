import { OperatorError } from '../errors';
import type { TokenLimits } from '../token';
import type { PublicKey } from './publicKey';

/** A key that may only run `palmtree-server connect`, as a line of authorized_keys says (sshd(8)). */
export interface AllowedKey extends TokenLimits {
  readonly name: string;
  readonly dataFolder: string;
  readonly key: PublicKey;
}

/** The start of the command: Node and the script of palmtree-server. */
export type Program = readonly [node: string, script: string];

const keyName = /^[\p{L}\p{N}][\p{L}\p{N} ._@+-]{0,99}$/u;
const line =
  /^restrict,command="'[^'"]+' '[^'"]+' connect --data='([^'"]+)' --as='([^'"]+)'((?: --tree='[^'"]+')*)( --read-only)?" (\S+) (\S+)(?: (.*))?$/;

/** Throws OperatorError. */
export function checkKeyName(name: string): void {
  if (keyName.test(name)) return;
  throw new OperatorError(
    'Choose a name of 1 to 100 letters, digits, spaces, ".", "_", "@", "+" or "-", with a letter or digit first.',
  );
}

/** Throws OperatorError for a path that sshd or the shell would read otherwise. */
export function keyLine({ name, dataFolder, trees, readOnly, key }: AllowedKey, program: Program): string {
  for (const path of [dataFolder, ...program]) {
    if (!/['"\\\n\r]/.test(path)) continue;
    throw new OperatorError(
      `The path ${JSON.stringify(path)} has a quote, "\\" or a line break. Choose another place for it.`,
    );
  }
  const [node, script] = program;
  const limits = [...(trees ?? []).map((tree) => ` --tree='${tree}'`), readOnly ? ' --read-only' : ''].join('');
  const command = `'${node}' '${script}' connect --data='${dataFolder}' --as='${name}'${limits}`;
  return `restrict,command="${command}" ${[key.type, key.blob, key.comment].join(' ').trim()}`;
}

/** The key of a line that `keyLine` made; undefined for any other. */
export function parseKeyLine(text: string): AllowedKey | undefined {
  const [, dataFolder, name, trees = '', readOnly, type, blob, comment = ''] = line.exec(text) ?? [];
  if (dataFolder === undefined || name === undefined || type === undefined || blob === undefined) return undefined;
  const named = [...trees.matchAll(/--tree='([^']+)'/g)].map(([, tree = '']) => tree);
  return {
    name,
    dataFolder,
    trees: named.length === 0 ? null : named,
    readOnly: readOnly !== undefined,
    key: { type, blob, comment },
  };
}
