import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/** Windows has no such flag. */
const appendNoFollow = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);

/** Appends `text` to the file at `path`, which is created if it is missing. Throws ELOOP for a symlink. */
export async function appendToFile(path: string, text: string): Promise<void> {
  if (text === '') return;
  const file = await open(path, appendNoFollow);
  try {
    await file.appendFile(text);
  } finally {
    await file.close();
  }
}
