import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PutChange } from '../src/contract/schemas';

export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

export function put(path: string, content: string | Uint8Array, over: Partial<PutChange> = {}): PutChange {
  const bytes = Buffer.from(content);
  const attributes = { size: bytes.length, mtimeNs: '1700000000123456789', mode: 0o644, hash: sha256(bytes) };
  return { op: 'put', path, kind: 'file', ...attributes, ...over };
}

export function symlink(path: string, target: string): PutChange {
  return put(path, target, { kind: 'symlink', target, mode: 0o777 });
}

export type Files = Readonly<Record<string, string | Uint8Array>>;

export function writeFiles(folder: string, files: Files): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}

export function puts(files: Files): PutChange[] {
  return Object.entries(files).map(([path, content]) => put(path, content));
}
