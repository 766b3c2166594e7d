import { constants } from 'node:fs';

/**
 * Flags for opening a file for reading. Opening a symlink fails with ELOOP, and opening a pipe that replaced the file does
 * not block. Windows has neither flag.
 */
export const readNoFollow = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
