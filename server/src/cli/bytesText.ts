const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'];

/** A number of bytes for people, with three digits at least: "999 B", "1.23 MB". A KB has 1,000 bytes. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)} ${units[unit]}`;
}
