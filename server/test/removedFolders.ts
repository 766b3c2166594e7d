import { afterAll } from 'vitest';
import { removeTemporaryFolders } from './temporaryFolder';

/** Each data folder has hundreds of folders, and a busy disk removes some ten in a second. */
const removalTimeoutMs = 300_000;

// vitest runs a setup file before each test file, so this runs after that file's own afterAll.
afterAll(removeTemporaryFolders, removalTimeoutMs);
