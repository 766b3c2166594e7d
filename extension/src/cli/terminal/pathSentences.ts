import type { Problem } from '../../core/problem';
import type { Skipped } from '../../io/apply/applyState';
import { problemMessage } from '../../messages/problemMessages';
import { skippedMessage } from '../../messages/skippedMessages';

const pushed = '"palmtree log PATH" lists the versions that were pushed, "palmtree restore REV:PATH" gets one.';

/** Sentences in place of those whose cure is a command or a view of VS Code. */
const skipTexts: Parameters<typeof skippedMessage>[1] = {
  missing: (path) => `${path} did not arrive intact. Try again, or run "palmtree push -f" on a machine that has it.`,
  backupMissing: (path) => `${path} can't be restored, because its backup is gone. ${pushed}`,
  backupChanged: (path) => `${path} can't be restored, because another program changed its backup. ${pushed}`,
};

/** The same for those whose cure is a setting of VS Code, or another folder to open there. */
const problemTexts: Parameters<typeof problemMessage>[1] = {
  'path-too-long-here': () =>
    'With the path of the connected folder, it is too long for this system. Rename it, or connect a folder in it.',
  'gitignore-not-a-file': () =>
    'It is not a file, so nothing in its folder is synced. Remove it, or run "palmtree config respectGitignore false".',
};

/** Explains a path that a command left untouched, in the words of the command line. */
export function skippedSentence(skipped: Skipped): string {
  return skippedMessage(skipped, skipTexts);
}

/** Explains a path that cannot be synced, in the words of the command line. */
export function problemSentence(problem: Problem): string {
  return problemMessage(problem, problemTexts);
}
