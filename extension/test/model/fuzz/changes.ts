import { createHash } from 'node:crypto';
import fc from 'fast-check';

/** Few paths, so that changes often meet what the tree has. */
const path = fc.constantFrom('a', 'b', 'n/b', 'n/c', 'n/c/d', 'link', 'empty', 'new/x', 'é', 'A');
const text = fc.constantFrom('', '1', '2', 'a1', 'long '.repeat(100));

function hashOf(content: string): string {
  return createHash('sha256').update(content).digest('hex');
}

const put = fc.record({ path, text, mode: fc.constantFrom(0o644, 0o755, 0o600, 0) }).map((given) => ({
  op: 'put',
  path: given.path,
  kind: 'file',
  size: Buffer.byteLength(given.text),
  mtimeNs: '1700000000123456789',
  mode: given.mode,
  hash: hashOf(given.text),
}));

const link = fc.record({ path, target: fc.constantFrom('a', '../a', '.', '/etc/passwd', 'n') }).map((given) => ({
  op: 'put',
  path: given.path,
  kind: 'symlink',
  size: Buffer.byteLength(given.target),
  mtimeNs: '-1',
  mode: 0o777,
  hash: hashOf(given.target),
  target: given.target,
}));

const deletion = path.map((deleted) => ({ op: 'delete', path: deleted }));

export const changes = fc.array(fc.oneof(put, link, deletion), { maxLength: 4 });
export const paths = fc.array(path, { maxLength: 4 });
export { path };
