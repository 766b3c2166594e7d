// The commit-msg hook: git passes the path of the message.
import { readFileSync } from 'node:fs';
import { subjectProblem, subjectToCheck } from './commitSubject.mjs';

const subject = subjectToCheck(readFileSync(process.argv[2] ?? '', 'utf8'));
const problem = subject === '' ? undefined : subjectProblem(subject);
if (problem) {
  console.error(`The commit's subject ${problem}:\n  ${subject}`);
  process.exitCode = 1;
}
