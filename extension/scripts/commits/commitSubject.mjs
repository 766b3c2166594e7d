// Plain JavaScript on built-in modules only: the commit-msg hook runs before anything is installed.

const types = ['bench', 'build', 'chore', 'ci', 'docs', 'feat', 'fix', 'perf', 'refactor', 'revert', 'style', 'test'];
const conventional = new RegExp(String.raw`^(${types.join('|')})(\([a-z0-9-]+\))?!?: \S`);
const maxLength = 72;

/**
 * Checks a commit's subject against Conventional Commits (https://www.conventionalcommits.org/).
 *
 * @param {string} subject
 * @returns {string | undefined} the problem in one line, or undefined
 */
export function subjectProblem(subject) {
  if (!conventional.test(subject))
    return `does not start with a type and an optional scope, as in "fix(io): …" (types: ${types.join(', ')})`;
  const length = Array.from(subject).length;
  if (length > maxLength) return `has ${length} characters, which is over ${maxLength}`;
  if (subject.endsWith('.')) return 'ends with a period';
  return undefined;
}

/**
 * @param {string} message as git passes it to a commit-msg hook
 * @returns {string} the subject, or '' for a message that git itself generates and may drop or combine later
 */
export function subjectToCheck(message) {
  const subject = message.split('\n').find((line) => line.trim() !== '' && !line.startsWith('#')) ?? '';
  return /^(Merge |(fixup|squash|amend)! )/.test(subject) ? '' : subject.trimEnd();
}
