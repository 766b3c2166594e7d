import { describe, expect, it } from 'vitest';
import { accessKey, parseServerUrl } from './serverAddress';
import { parseSshAddress } from './sshAddress';

describe('the address of a server that is reached by ssh', () => {
  it.each([
    ['ssh://box', { host: 'box' }],
    [
      'ssh://me@sync.example.org:2222/srv/palmtree/',
      { user: 'me', host: 'sync.example.org', port: 2222, folder: '/srv/palmtree' },
    ],
    ['ssh://[::1]/data', { host: '::1', folder: '/data' }],
    ['ssh://my_box.2/~/my%20data', { host: 'my_box.2', folder: 'my data' }],
  ])('%s names the host, the user and the data folder', (text, expected) => {
    expect(parseSshAddress(` ${text} `)).toMatchObject(expected);
  });

  it.each([
    'ssh://',
    'ssh://-oProxyCommand=id',
    'ssh://-oProxyCommand=id/x',
    'ssh://-l@box',
    'ssh://me;id@box',
    'ssh://me:secret@box',
    'ssh://box%20-oX',
    'ssh://bo x',
    'ssh://box%0aHost',
    'ssh://%h',
    'ssh://[::1%25eth0]',
    'ssh://box:99999',
    'ssh://box/a%0ab',
    'ssh://box/a%25h',
    'ssh://box/?x=1',
    'ssh://box/#x',
    'ssh://$(id)',
    'ssh://box/%ff',
  ])('rejects %s', (text) => {
    expect(() => parseSshAddress(text)).toThrowError(expect.objectContaining({ code: 'invalid_url' }));
    expect(() => parseServerUrl(text)).toThrowError(expect.objectContaining({ code: 'invalid_url' }));
  });

  it('is told apart by everything in it, and any other by its origin', () => {
    expect(accessKey(parseServerUrl('ssh://me@box/a/'))).toBe('ssh://me@box/a');
    expect(accessKey(parseServerUrl('https://sync.example.org/palmtree/'))).toBe('https://sync.example.org');
  });
});
