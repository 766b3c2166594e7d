import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigFile, excludedBy } from './config';
import { Credentials } from './credentials';
import { stateFolder } from './stateFolder';

let folder: string;

beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'palmtree-state-'))));
afterEach(() => rm(folder, { recursive: true }));

describe('the state folder', () => {
  it('is where each system keeps state, or where PALMTREE_STATE says', () => {
    expect(stateFolder({}, 'linux', '/home/u')).toBe('/home/u/.local/state/palmtree.palmtree-sync');
    expect(stateFolder({ XDG_STATE_HOME: '/s' }, 'linux', '/home/u')).toBe('/s/palmtree.palmtree-sync');
    expect(stateFolder({ XDG_STATE_HOME: 'relative' }, 'linux', '/home/u')).toBe(
      '/home/u/.local/state/palmtree.palmtree-sync',
    );
    expect(stateFolder({}, 'darwin', '/Users/u')).toBe('/Users/u/Library/Application Support/palmtree.palmtree-sync');
    expect(stateFolder({ PALMTREE_STATE: '/p', XDG_STATE_HOME: '/s' }, 'linux', '/home/u')).toBe('/p');
    expect(stateFolder({ LOCALAPPDATA: join('l', 'a') }, 'win32', 'h')).toBe(join('l', 'a', 'palmtree.palmtree-sync'));
  });
});

describe('credentials', () => {
  it('are stored by server, for their owner alone', async () => {
    const credentials = new Credentials(folder, {});
    await credentials.store('https://a', 'token-a');
    await credentials.store('https://b', 'token-b');
    await chmod(credentials.path, 0o644);
    expect(await credentials.token(new URL('https://a'))).toBe('token-a');
    expect((await stat(credentials.path)).mode & 0o777).toBe(0o600);
    await credentials.forget('https://a');
    expect(await credentials.token(new URL('https://a'))).toBeUndefined();
    expect(await credentials.token(new URL('https://b'))).toBe('token-b');
  });

  it('of the environment go to no server but the one that it names', async () => {
    const environment = { PALMTREE_TOKEN: 't', PALMTREE_SERVER_URL: 'https://a/palmtree' };
    const credentials = new Credentials(folder, environment);
    expect(await credentials.token(new URL('https://a'))).toBe('t');
    expect(await credentials.token(new URL('https://b'))).toBeUndefined();
    expect(await new Credentials(folder, { PALMTREE_TOKEN: 't' }).token(new URL('https://b'))).toBe('t');
  });

  it('of the environment come before stored ones, which may be revoked', async () => {
    const credentials = new Credentials(folder, { PALMTREE_TOKEN: 'new' });
    await credentials.store('https://a', 'revoked');
    expect(await credentials.token(new URL('https://a'))).toBe('new');
    expect(await new Credentials(folder, {}).token(new URL('https://a'))).toBe('revoked');
  });

  it('of the environment go to its server too if it is named without a scheme', async () => {
    const environment = { PALMTREE_TOKEN: 't', PALMTREE_SERVER_URL: 'box.example:8443' };
    const credentials = new Credentials(folder, environment);
    expect(await credentials.token(new URL('https://box.example:8443'))).toBe('t');
    expect(await credentials.token(new URL('http://box.example:8443'))).toBeUndefined();
  });
});

describe('the settings of a folder', () => {
  it('have defaults, and refuse other values', async () => {
    const file = new ConfigFile(folder);
    expect(await file.read()).toMatchObject({ modes: 'auto', autoMerge: true, rsyncPath: 'rsync' });
    await file.set('rsyncPath', '/opt/rsync');
    await file.set('deletionGuard.share', '0.8');
    expect(await file.read()).toMatchObject({ rsyncPath: '/opt/rsync', 'deletionGuard.share': 0.8 });
    await expect(file.set('deletionGuard.share', '8')).rejects.toThrow('is not a value of deletionGuard.share');
    await file.unset('rsyncPath');
    expect((await file.read()).rsyncPath).toBe('rsync');
    await writeFile(file.path, '{"modes": "sometimes"}');
    await expect(file.read()).rejects.toThrow('is not valid');
  });

  it('add patterns to the default ones, or turn these off', async () => {
    const config = await new ConfigFile(folder).set('exclude', '{"*.log": true, "node_modules": false}');
    expect(excludedBy(config)).toContain('*.log');
    expect(excludedBy(config)).toContain('.git');
    expect(excludedBy(config)).not.toContain('node_modules');
  });
});
