import type * as vscode from 'vscode';
import { expect, it } from 'vitest';
import { accessKey, parseServerUrl } from '../../io/api/serverAddress';
import { Credentials, sshAccess } from './credentials';

function credentials(environment: NodeJS.ProcessEnv = {}): Credentials {
  const stored = new Map<string, string>();
  const secrets: Pick<vscode.SecretStorage, 'get' | 'store' | 'delete'> = {
    get: async (key) => stored.get(key),
    store: async (key, value) => void stored.set(key, value),
    delete: async (key) => void stored.delete(key),
  };
  return new Credentials(secrets as vscode.SecretStorage, environment);
}

const key = (address: string): string => accessKey(parseServerUrl(address));

it('gives access by ssh only to the addresses to which the user has connected', async () => {
  const access = credentials();
  expect(await access.token(key('ssh://box/srv/a'))).toBeUndefined();
  await access.store(key('ssh://box/srv/a'), sshAccess);
  expect(await access.token(key('ssh://box/srv/a/'))).toBe(sshAccess);
  for (const other of ['ssh://box/srv/b', 'ssh://box', 'ssh://me@box/srv/a', 'ssh://box:2222/srv/a', 'http://box']) {
    expect(await access.token(key(other))).toBeUndefined();
  }
  await access.forget(key('ssh://box/srv/a'));
  expect(await access.token(key('ssh://box/srv/a'))).toBeUndefined();
});

it('gives the token of the environment to the address that is named there without a scheme', async () => {
  const access = credentials({ PALMTREE_SERVER_URL: 'box.example:8443', PALMTREE_TOKEN: 't' });
  expect(access.environmentUrl).toBe('https://box.example:8443');
  expect(await access.token(key('https://box.example:8443'))).toBe('t');
  expect(await access.token(key('https://box.example'))).toBeUndefined();
});

it('gives access to the address that the environment names, by ssh without a token', async () => {
  const access = credentials({ PALMTREE_SERVER_URL: 'ssh://box/srv/a' });
  expect(await access.token(key('ssh://box/srv/a'))).toBe(sshAccess);
  expect(await access.token(key('ssh://other/srv/a'))).toBeUndefined();
});
