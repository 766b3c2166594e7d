import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { asUser, scanFolder } from '../../../test/support/scanFolder';

const ws = scanFolder();

describe('the temporary files of a killed process', () => {
  const uuid = '01234567-89ab-4cde-8f01-23456789abcd';
  const exited = (): number => spawnSync(process.execPath, ['-e', '']).pid;
  const named = (pid: number): string => `.palmtree-${pid}-${uuid}.tmp`;

  it('are removed by the next scan if they are empty, as probes are, in the root and in tracked folders', async () => {
    const name = named(exited());
    for (const path of [name, `tracked/${name}`, 'tracked/a']) ws.write(path, '');
    await ws.rescan();
    expect([readdirSync(ws.root), readdirSync(join(ws.root, 'tracked'))]).toEqual([['tracked'], ['a']]);
  });

  it('stay while they may be in use: of a running process, or with content that another machine may be writing', async () => {
    const [running, elsewhere] = [named(process.pid), named(exited())];
    ws.write(running, '');
    ws.write(elsewhere, 'content');
    await ws.rescan();
    expect(readdirSync(ws.root).sort()).toEqual([running, elsewhere].sort());
  });

  it('are not taken from a user whose files have similar names', async () => {
    const names = ['.palmtree-1-x.tmp', `palmtree-${exited()}-${uuid}.tmp`, `.palmtree-${exited()}-${uuid}.tmp.bak`];
    for (const name of names) ws.write(name, '');
    await ws.rescan();
    expect(readdirSync(ws.root).sort()).toEqual(names.sort());
  });
});

describe('a missing workspace folder', () => {
  it('fails the scan and does not make all files look deleted', async () => {
    ws.write('a');
    await ws.rescan();
    rmSync(ws.root, { recursive: true });
    await expect(ws.rescan()).rejects.toMatchObject({ code: 'root_gone' });
    writeFileSync(ws.root, 'a file now');
    await expect(ws.rescan()).rejects.toMatchObject({ code: 'root_gone' });
    expect(ws.known.size).toBe(1);
  });

  it('fails the scan if it is removed or replaced during the scan', async () => {
    ws.write('a');
    ws.write('b');
    await ws.rescan();
    const removeRoot = (): void => rmSync(ws.root, { recursive: true, force: true });
    await expect(ws.rescan({ verify: true, onProgress: removeRoot })).rejects.toMatchObject({ code: 'root_gone' });
    mkdirSync(ws.root);
    const replaceRoot = (): void => {
      renameSync(ws.root, `${ws.root}-${Math.random()}`);
      mkdirSync(ws.root);
    };
    await expect(ws.rescan({ onProgress: replaceRoot })).rejects.toMatchObject({ code: 'root_gone' });
  });

  it('fails the scan if it is unreadable', async () => {
    ws.write('a');
    chmodSync(ws.root, 0);
    await asUser(() =>
      expect(ws.rescan()).rejects.toMatchObject({ code: 'disk_fault', details: { subject: ws.root } }),
    );
  });

  it('is not the same as a tracked folder that was deleted', async () => {
    ws.write('src/a');
    ws.rules = [{ path: 'src', kind: 'folder', effect: 'track' }];
    await ws.rescan();
    rmSync(join(ws.root, 'src'), { recursive: true });
    expect(await ws.rescan()).toMatchObject({ removed: ['src/a'], problems: [] });
  });
});
