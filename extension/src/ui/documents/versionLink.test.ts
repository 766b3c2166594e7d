import { describe, expect, it } from 'vitest';
import { linkedVersion, versionLink } from './versionLink';

const version = { server: 'https://sync.example.org/a', tree: 'notes', path: 'my data/ä & ö?#.md', revision: 7 };

describe('a link to a version', () => {
  it('is read as the version that it was made for', () => {
    expect(linkedVersion(versionLink(version))).toEqual(version);
    const ssh = { ...version, server: 'ssh://ada@example.org/srv/palmtree' };
    expect(linkedVersion(versionLink(ssh))).toEqual(ssh);
  });

  it.each([
    ['another kind', { path: '/connect' }],
    ['no server', { server: '' }],
    ['a server with a password', { server: 'https://ada:secret@sync.example.org' }],
    ['a file as a server', { server: 'file:///etc/passwd' }],
    ['a command as a server', { server: 'command:workbench.action.quit' }],
    ['an option of ssh as a server', { server: 'ssh://-oProxyCommand=id/srv' }],
    ['a tree with a slash', { tree: '../notes' }],
    ['a path that leads out', { path: undefined, file: '../../etc/passwd' }],
    ['an absolute path', { file: '/etc/passwd' }],
    ['a path in .git', { file: '.git/hooks/pre-commit' }],
    ['an empty path', { file: '' }],
    ['revision 0', { revision: '0' }],
    ['a revision that is no number', { revision: '7;rm' }],
    ['a revision that is too large', { revision: '9'.repeat(30) }],
  ])('with %s is read as none', (_name, { path = '/version', file, ...others }: Record<string, string | undefined>) => {
    const values = { server: version.server, tree: version.tree, path: version.path, revision: '7' };
    const query = new URLSearchParams({ ...values, ...others, ...(file === undefined ? {} : { path: file }) });
    expect(linkedVersion({ path, query: query.toString() })).toBeUndefined();
  });

  it('that lacks everything is read as none', () => {
    expect(linkedVersion({ path: '/version', query: '' })).toBeUndefined();
  });
});
