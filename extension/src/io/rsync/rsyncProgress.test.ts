import { describe, expect, it } from 'vitest';
import { RsyncProgress } from './rsyncProgress';

describe('RsyncProgress', () => {
  it('reads the percentage and the number of files, however the output is split into chunks', () => {
    const progress = new RsyncProgress(4, 1000);
    expect(progress.read('notes/a.md\n          1.23K  25%  1.00')).toBe(false);
    expect(progress.read('MB/s    0:00:01 (xfr#1, to-chk=3/4)\r')).toBe(true);
    expect(progress.value).toEqual({ files: 1, totalFiles: 4, bytes: 250, totalBytes: 1000 });
    progress.read('          4.00K 100%  1.00MB/s    0:00:00 (xfr#4, to-chk=0/4)\r\n');
    expect(progress.value).toEqual({ files: 4, totalFiles: 4, bytes: 1000, totalBytes: 1000 });
  });

  it('does not mistake a file name for a progress line', () => {
    const progress = new RsyncProgress(2, 1000);
    expect(progress.read('notes 99% done (xfr#2, to-chk=0).md\n')).toBe(false);
    expect(progress.value.bytes).toBe(0);
  });

  it('never goes back', () => {
    const progress = new RsyncProgress(2, 1000);
    progress.read('   500  50%   1MB/s 0:00:01 (xfr#1, to-chk=1/2)\r');
    progress.read('   400  40%   1MB/s 0:00:01 (xfr#1, to-chk=1/2)\r');
    expect(progress.value.bytes).toBe(500);
  });
});
