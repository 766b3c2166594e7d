/**
 * The line of an ignore file that excludes exactly `path`, a file, or a folder with everything in it. A line cannot hold a
 * line break, so a path with one is matched by a wildcard in its place.
 */
export function ignoreLine(path: string, kind: 'file' | 'folder'): string {
  const escaped = path.replaceAll(/[\\*?[\]]/g, String.raw`\$&`).replaceAll(/[\r\n]/g, '?');
  if (kind === 'folder') return `/${escaped}/`;
  return `/${escaped.replace(/\s+$/, (spaces) => spaces.replaceAll(/\s/g, String.raw`\$&`))}`;
}

/** `content` with those of `lines` that it does not have yet, at its end and with its line breaks. */
export function withIgnoreLines(content: string, lines: readonly string[]): string {
  const eol = content.includes('\r\n') ? '\r\n' : '\n';
  const present = new Set(content.split(/\r?\n/));
  const missing = [...new Set(lines)].filter((line) => !present.has(line));
  if (missing.length === 0) return content;
  const start = content === '' || content.endsWith('\n') ? content : content + eol;
  return start + missing.map((line) => line + eol).join('');
}
