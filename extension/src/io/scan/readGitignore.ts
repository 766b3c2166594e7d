import type { GitignoreFault, Problem } from '../../core/problem';
import { readRuleFile } from './readRuleFile';

type GitignoreRead = { readonly content: string } | (Pick<Problem, 'with'> & { readonly reason: GitignoreFault });

/** Reads the `.gitignore` file at an absolute path, as `readRuleFile` does. */
export function readGitignore(path: string): GitignoreRead | undefined {
  const read = readRuleFile(path);
  if (read === undefined) return undefined;
  if ('bytes' in read) return textIn(read.bytes);
  const { fault, errno } = read;
  return { reason: `gitignore-${fault}`, ...(errno === undefined ? {} : { with: errno }) };
}

/** A NUL shows another encoding, such as UTF-16, in which no pattern would match anything. */
function textIn(bytes: Buffer): GitignoreRead {
  return bytes.includes(0) ? { reason: 'gitignore-not-text' } : { content: bytes.toString('utf8') };
}
