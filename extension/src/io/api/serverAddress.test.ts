import { describe, expect, it } from 'vitest';
import { checkTreeName, isUnencrypted, parseServerUrl, suggestTreeName, withScheme } from './serverAddress';

describe('a server address', () => {
  it.each(['https://sync.example.org', 'http://127.0.0.1:7337', 'https://example.org/palmtree/'])(
    'accepts %s',
    (text) => {
      expect(parseServerUrl(` ${text} `).href).toContain(text.slice(0, 12));
    },
  );

  it.each(['', 'sync.example.org', 'ftp://example.org', 'https://', 'https://me:secret@example.org'])(
    'rejects "%s"',
    (text) => {
      expect(() => parseServerUrl(text)).toThrowError(expect.objectContaining({ code: 'invalid_url' }));
    },
  );

  it('may be typed without its scheme', () => {
    expect(withScheme('127.0.0.1:7337')).toBe('http://127.0.0.1:7337');
    expect(withScheme('localhost/palmtree')).toBe('http://localhost/palmtree');
    expect(withScheme('sync.example.org:8443')).toBe('https://sync.example.org:8443');
    expect(withScheme('http://sync.example.org')).toBe('http://sync.example.org');
  });

  it('is unencrypted over plain http to any other machine', () => {
    expect(isUnencrypted(new URL('http://sync.example.org'))).toBe(true);
    expect(isUnencrypted(new URL('https://sync.example.org'))).toBe(false);
    for (const host of ['localhost', '127.0.0.1', '127.8.9.10', '[::1]']) {
      expect(isUnencrypted(new URL(`http://${host}:7337`))).toBe(false);
    }
    expect(isUnencrypted(new URL('http://127.0.0.1.example.org'))).toBe(true);
  });
});

describe('a tree name', () => {
  it.each(['notes', 'a', 'My.Tree-2_x'])('accepts %s', (name) => {
    expect(checkTreeName(name)).toBe(name);
  });

  it.each(['', '.hidden', 'a/b', 'with space', 'x'.repeat(65)])('rejects "%s"', (name) => {
    expect(() => checkTreeName(name)).toThrowError(expect.objectContaining({ code: 'invalid_tree' }));
  });

  it('is suggested from any folder name', () => {
    for (const folder of ['My Notes', 'ünïcode', '...', 'x'.repeat(200)]) {
      const name = suggestTreeName(folder);
      expect(checkTreeName(name)).toBe(name);
    }
  });
});
