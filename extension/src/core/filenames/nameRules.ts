/** The rules by which a disk compares and accepts file names. */
export interface NameRules {
  /** `a.md` and `A.md` name one file. */
  readonly foldsCase: boolean;
  /** The NFC and NFD forms of an accented letter name one file. */
  readonly normalises: boolean;
  /** Windows' reserved names and characters apply. */
  readonly windows: boolean;
}

/** The name rules of the usual disk of a system, before its own are known. */
export function usualNameRules(platform: string): NameRules {
  return {
    foldsCase: platform === 'darwin' || platform === 'win32',
    normalises: platform === 'darwin',
    windows: platform === 'win32',
  };
}

/** Whether the disk keeps all names apart and accepts every name. */
export function isPlain({ foldsCase, normalises, windows }: NameRules): boolean {
  return !foldsCase && !normalises && !windows;
}

/** Two paths have the same key if and only if they name one file on a disk with these rules. */
export function nameKey(path: string, { foldsCase, normalises }: Omit<NameRules, 'windows'>): string {
  // Plain ASCII has a single normal form.
  if (!/[^ -~]/.test(path)) return foldsCase ? path.toLowerCase() : path;
  const form = normalises ? path.normalize('NFD') : path;
  if (!foldsCase) return form;
  // Upper case first, so that ß equals SS and both lower-case sigmas are equal.
  const folded = form.toUpperCase().toLowerCase();
  return normalises ? folded.normalize('NFD') : folded;
}
