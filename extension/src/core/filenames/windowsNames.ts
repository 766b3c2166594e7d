import type { Problem } from '../problem';

const device = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(?:\.|$)/i;
const forbidden = '<>:"|?*\\';
/** Matches every path that may be invalid. Nearly all paths need this one test instead of a check of each name. */
const suspicious = /(?:^|\/)(?:con|prn|aux|nul|com|lpt)|[<>:"|?*\\]|[. ](?:\/|$)|[^ -~]/i;

/**
 * The problem of the first name in `path` that Windows does not allow; its path ends at that name.
 * See https://learn.microsoft.com/windows/win32/fileio/naming-a-file#naming-conventions
 */
export function windowsProblem(path: string): Problem | undefined {
  if (!suspicious.test(path)) return undefined;
  for (let end = path.indexOf('/'); ; end = path.indexOf('/', end + 1)) {
    const upToName = end < 0 ? path : path.slice(0, end);
    const fault = windowsFault(upToName.slice(upToName.lastIndexOf('/') + 1));
    if (fault !== undefined) return { path: upToName, ...fault };
    if (end < 0) return undefined;
  }
}

function windowsFault(name: string): Omit<Problem, 'path'> | undefined {
  const character = Array.from(name).find((one) => one < ' ' || forbidden.includes(one));
  if (character !== undefined) return { reason: 'windows-character', with: character };
  if (device.test(name)) return { reason: 'windows-device' };
  if (/[. ]$/.test(name)) return { reason: 'windows-ending' };
  return undefined;
}
