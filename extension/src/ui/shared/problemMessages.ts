import type { Problem, ProblemReason } from '../../core/problem';
import { maxPathBytes, maxSegmentBytes } from '../../../../server/src/contract/paths';

const rename = 'Rename it, or untrack it.';
const renameElsewhere = 'Rename it on a machine that can store it.';

const messages: Readonly<Record<ProblemReason, (other: string) => string>> = {
  empty: () => `Its name is empty. ${rename}`,
  absolute: () => `Its path is absolute. ${rename}`,
  nul: () => `Its name has a NUL character. ${rename}`,
  backslash: () => `Its name has a backslash. ${rename}`,
  'not-unicode': () => `Its name is not valid Unicode. ${rename}`,
  'name-not-utf8': () => `Its name is not valid UTF-8. ${rename}`,
  'path-too-long': () => `Its path is longer than ${maxPathBytes} bytes. ${rename}`,
  'segment-too-long': () => `Its name is longer than ${maxSegmentBytes} bytes. ${rename}`,
  'empty-segment': () => `Its path has an empty segment. ${rename}`,
  'dot-segment': () => `Its path has a "." segment. ${rename}`,
  'dot-dot-segment': () => `Its path has a ".." segment. ${rename}`,
  'windows-character': (character) =>
    character < ' '
      ? `Its name has a control character, which Windows does not allow. ${renameElsewhere}`
      : `Its name has "${character}", which Windows does not allow. ${renameElsewhere}`,
  'windows-device': () => `Its name is reserved for a device on Windows. ${renameElsewhere}`,
  'windows-ending': () => `Its name ends in a dot or a space, which Windows drops. ${renameElsewhere}`,
  'same-but-case': (other) =>
    `Its name differs from "${other}" only in case, and this disk ignores case. Rename one of them on a machine that can store both.`,
  'same-but-accents': (other) =>
    `Its name differs from "${other}" only in how accents are encoded, and this disk ignores that. Rename one of them on a machine that can store both.`,
  'server-has-file': (other) =>
    `The server has a file "${other}" where this path needs a folder, and that file is not tracked here. Rename the folder, or track "${other}" and resolve the conflict.`,
  'server-has-folder': (other) =>
    `The server has a folder at this path, and "${other}" in it is not tracked here. Rename this file, or track "${other}" and resolve the conflict.`,
  'link-outside': (target) =>
    `The link points out of the workspace folder (${target}). Untrack it, or link to something inside.`,
  'link-target-not-utf8': () => "The link's target is not valid UTF-8. Link to another name.",
  'link-as-folder': () => 'It is a symbolic link. Tracked paths below a link are not followed.',
  pipe: () => 'It is a pipe, not a file. Untrack it, or remove it.',
  socket: () => 'It is a socket, not a file. Untrack it, or remove it.',
  device: () => 'It is a device, not a file. Untrack it, or remove it.',
  unreadable: (errno) => `It cannot be read (${errno}). Check its permissions.`,
  changing: () => 'It was written while it was read. It will be scanned again.',
};

/** Why a path cannot be synced, and how to fix it. */
export function problemMessage(problem: Problem): string {
  return messages[problem.reason](problem.with ?? '');
}
