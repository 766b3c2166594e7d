import { constants } from 'node:fs';

/**
 * Opens a file for reading, but no symlink (ELOOP), and does not block on a pipe that replaced the file. Windows has
 * neither flag.
 */
export const readNoFollow = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
