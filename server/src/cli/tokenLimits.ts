import { treeName } from '../contract/schemas';
import { OperatorError } from '../errors';
import type { TokenLimits } from '../token';

const tokenName = /^[^\p{Cc}]{1,100}$/u;

/** Throws OperatorError. */
export function checkTokenName(name: string): void {
  if (!tokenName.test(name)) throw new OperatorError('Choose a token name of 1 to 100 printable characters.');
}

/** The limits that the options --tree and --read-only set. Throws OperatorError. */
export function tokenLimits(options: { readonly tree?: string[]; readonly readOnly?: boolean }): TokenLimits {
  const trees = options.tree ?? null;
  const invalid = trees?.find((tree) => !treeName.safeParse(tree).success);
  if (invalid !== undefined) {
    const fix = 'Use 1 to 64 letters, digits, ".", "_" or "-", with a letter or digit first.';
    throw new OperatorError(`${JSON.stringify(invalid)} is not a valid tree name. ${fix}`);
  }
  return { trees, readOnly: options.readOnly === true };
}

/** The cells of the columns TREES and ACCESS. */
export function limitCells({ trees, readOnly }: TokenLimits): string[] {
  return [trees?.join(', ') ?? 'all trees', readOnly ? 'read only' : 'read, write'];
}
