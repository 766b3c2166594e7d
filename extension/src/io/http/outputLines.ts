import type { TransferProgress } from '../transfer/transferProgress';

/** A line like that of rsync's `--info=progress2`, which the next one overwrites. */
export function progressLine({ files, totalFiles, bytes, totalBytes }: TransferProgress, ms: number): string {
  const share = totalBytes === 0 ? 1 : bytes / totalBytes;
  const speed = `${humanBytes(perSecond(bytes, ms))}B/s`;
  const left = share === 0 ? undefined : (ms / share) * (1 - share);
  const line = [
    humanBytes(bytes).padStart(15),
    `${Math.floor(share * 100)}%`.padStart(4),
    speed.padStart(12),
    clock(left).padStart(10),
    `(xfr#${files}, to-chk=${totalFiles - files}/${totalFiles})`,
  ];
  return `${line.join(' ')}${files === totalFiles ? '\n' : '\r'}`;
}

/** The lines of rsync's `--info=stats1`. */
export function doneLine(sum: { sentBytes: number; receivedBytes: number; totalBytes: number; ms: number }): string {
  const { sentBytes, receivedBytes, totalBytes, ms } = sum;
  const wire = Math.max(1, sentBytes + receivedBytes);
  const sent = `sent ${humanBytes(sentBytes)} bytes  received ${humanBytes(receivedBytes)} bytes`;
  const speedup = (totalBytes / wire).toFixed(2);
  return `\n${sent}  ${humanBytes(perSecond(wire, ms))} bytes/sec\ntotal size is ${humanBytes(totalBytes)}  speedup is ${speedup}\n`;
}

function perSecond(bytes: number, ms: number): number {
  return Math.round((bytes * 1_000) / Math.max(1, ms));
}

/** In units of 1,000, as with rsync's `--human-readable`. */
function humanBytes(bytes: number): string {
  if (bytes < 1_000) return String(Math.round(bytes));
  const units = ['K', 'M', 'G', 'T'];
  let value = bytes;
  let unit = '';
  for (const next of units) {
    if (value < 1_000) break;
    value /= 1_000;
    unit = next;
  }
  return `${value.toFixed(2)}${unit}`;
}

function clock(ms: number | undefined): string {
  if (ms === undefined) return '??:??:??';
  const seconds = Math.round(ms / 1_000);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${Math.floor(seconds / 3_600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}
