import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { identityOfFolder, identityOfFolderSync, rootFault } from './rootFolder';

let base: string;
beforeEach(() => (base = mkdtempSync(join(tmpdir(), 'palmtree-root-'))));
afterEach(() => rmSync(base, { recursive: true }));

const codesOf = async (root: string): Promise<unknown[]> => {
  const later = await identityOfFolder(root).catch((error: unknown) => error);
  let now: unknown;
  try {
    now = identityOfFolderSync(root);
  } catch (error) {
    now = error;
  }
  return [later, now].map((error) => (error as { code?: unknown }).code);
};

describe('a workspace folder', () => {
  it('is gone if nothing, or a file, is in its place or in that of a folder above it', async () => {
    writeFileSync(join(base, 'file'), '');
    symlinkSync('nowhere', join(base, 'link'));
    for (const path of ['absent', 'file', 'file/below', 'link']) {
      expect(await codesOf(join(base, path))).toEqual(['root_gone', 'root_gone']);
    }
  });

  it('is not gone if its links lead in a circle, or its path is too long', async () => {
    symlinkSync('circle', join(base, 'circle'));
    for (const path of ['circle', 'x'.repeat(300)]) {
      expect(await codesOf(join(base, path))).toEqual(['disk_fault', 'disk_fault']);
    }
  });

  it.each(['EIO', 'EMFILE', 'EACCES', 'ESTALE', 'ETIMEDOUT'])('is not gone after %s', (code) => {
    mkdirSync(join(base, 'root'));
    const fault = Object.assign(new Error(code), { code, errno: -1, syscall: 'stat', path: 'x' });
    expect(rootFault(join(base, 'root'), fault)).toMatchObject({
      code: 'disk_fault',
      details: { subject: join(base, 'root'), reason: code },
    });
  });
});
