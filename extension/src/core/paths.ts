/** The folder that contains `path`. `''` is the workspace folder, which has no parent. */
export function parentOf(path: string): string | undefined {
  if (path === '') return undefined;
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** The last name in `path`. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The folders above `path`, nearest first, without the workspace folder. */
export function* parentFolders(path: string): Generator<string> {
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
    yield path.slice(0, end);
  }
}

/** The folder that the first `count` segments of `path` name; `path` itself if it has no more. */
export function firstSegments(path: string, count: number): string {
  if (count === 0) return '';
  let end = -1;
  for (let segment = 0; segment < count; segment++) {
    end = path.indexOf('/', end + 1);
    if (end === -1) return path;
  }
  return path.slice(0, end);
}

/** Whether `path` lies in `folder`, at any depth. A path does not lie in itself. */
export function isInside(path: string, folder: string): boolean {
  return folder === '' ? path !== '' : path.startsWith(`${folder}/`);
}

/** Whether `path` is `folder`, or lies in it. */
export function isAtOrInside(path: string, folder: string): boolean {
  return path === folder || isInside(path, folder);
}

/** `path` relative to `folder`, which must contain it. */
export function relativeTo(path: string, folder: string): string {
  return folder === '' ? path : path.slice(folder.length + 1);
}

/** The order of every list of paths that users read. */
export function sortedNaturally(paths: Iterable<string>): string[] {
  return [...paths].sort(compareNaturally);
}

/**
 * Orders as people do: `file-2` before `file-10`. A collator does too, but takes several times as long, and a list may have
 * a hundred thousand paths.
 */
export function compareNaturally(a: string, b: string): number {
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(j)];
    if (isDigit(x) && isDigit(y)) {
      const [endA, endB] = [endOfDigits(a, i), endOfDigits(b, j)];
      const [numberA, numberB] = [withoutZeros(a.slice(i, endA)), withoutZeros(b.slice(j, endB))];
      const order = numberA.length - numberB.length || comparePaths(numberA, numberB);
      if (order !== 0) return order;
      i = endA;
      j = endB;
    } else if (x !== y) {
      return x - y;
    } else {
      i++;
      j++;
    }
  }
  return a.length - i - (b.length - j) || comparePaths(a, b);
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function endOfDigits(text: string, start: number): number {
  let end = start;
  while (isDigit(text.charCodeAt(end))) end++;
  return end;
}

function withoutZeros(digits: string): string {
  return digits.replace(/^0+/, '');
}

/** Orders by code unit: the same on every machine, and a folder comes before its files. */
export function comparePaths(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
