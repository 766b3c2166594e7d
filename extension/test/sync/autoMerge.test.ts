import { chmod, lstat, readFile, readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { expectSame, silent, type Machine } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();
const path = 'n/a.md';
const base = 'one\ntwo\nthree\nfour\nfive\n';
const deskText = 'ONE\ntwo\nthree\nfour\nfive\n';
const laptopText = 'one\ntwo\nthree\nfour\nFIVE\n';
const both = 'ONE\ntwo\nthree\nfour\nFIVE\n';

interface Texts {
  readonly base: string | Buffer;
  readonly desk: string | Buffer;
  readonly laptop: string | Buffer;
}

/** Two machines that edited the same file; the desk has pushed. */
async function edited(texts: Texts = { base, desk: deskText, laptop: laptopText }): Promise<[Machine, Machine]> {
  const [desk, laptop] = await fixture.twoMachines();
  await desk.write(path, texts.base);
  await desk.sync.track(['n']);
  await desk.push();
  await laptop.pull();
  await desk.write(path, texts.desk);
  await desk.push();
  await laptop.write(path, texts.laptop);
  return [desk, laptop];
}

const merge = (machine: Machine) => machine.pull(false, { autoMerge: true });

async function converge(from: Machine, to: Machine): Promise<void> {
  await from.push();
  await to.pull();
  expectSame(await to.listing(), await from.listing());
  for (const machine of [from, to]) {
    expect(machine.sync.state.counts).toMatchObject({ outgoing: 0, incoming: 0, conflicts: 0 });
  }
}

describe('a text that both sides changed', () => {
  it('is merged by a pull, and a push sends the result to the other machine', async () => {
    const [desk, laptop] = await edited();
    const result = await merge(laptop);
    expect(result).toMatchObject({ merged: [path], conflicts: [], skipped: [], written: 0 });
    expect(await laptop.read(path)).toBe(both);
    expect(laptop.sync.state.counts).toMatchObject({ outgoing: 1, incoming: 0, conflicts: 0 });
    await converge(laptop, desk);
    expect(await desk.read(path)).toBe(both);
  });

  it('is merged in the other direction too, and again after that', async () => {
    const [desk, laptop] = await edited();
    await merge(laptop);
    await laptop.push();
    await desk.write(path, deskText.replace('three', 'THREE'));
    expect((await merge(desk)).merged).toEqual([path]);
    expect(await desk.read(path)).toBe('ONE\ntwo\nTHREE\nfour\nFIVE\n');
    await converge(desk, laptop);
  });

  it('is kept in a backup as it was before the merge', async () => {
    const [, laptop] = await edited();
    const { backup } = await merge(laptop);
    expect(await readFile(`${backup}/${path}`, 'utf8')).toBe(laptopText);
  });

  it('is a conflict if the changes overlap or autoMerge is off', async () => {
    const [, overlapping] = await edited({ base, desk: base.replace('two', '2'), laptop: base.replace('two', 'zwei') });
    expect(await merge(overlapping)).toMatchObject({ merged: [], conflicts: [path] });
    const [, off] = await edited();
    expect(await off.pull()).toMatchObject({ merged: [], conflicts: [path] });
    expect(await off.read(path)).toBe(laptopText);
    expect(await merge(off)).toMatchObject({ merged: [path], conflicts: [] });
    expect(await off.read(path)).toBe(both);
  });

  it('keeps CRLF and a byte order mark', async () => {
    const windows = (text: string) => `\uFEFF${text.replaceAll('\n', '\r\n')}`;
    const [desk, laptop] = await edited({ base: windows(base), desk: windows(deskText), laptop: windows(laptopText) });
    expect((await merge(laptop)).merged).toEqual([path]);
    expect(await laptop.read(path)).toBe(windows(both));
    await converge(laptop, desk);
  });

  it("becomes the server's version if that contains all changes of this machine", async () => {
    const [desk, laptop] = await edited({ base, desk: both, laptop: deskText });
    expect(await merge(laptop)).toMatchObject({ merged: [], conflicts: [], written: 1 });
    expect(await laptop.read(path)).toBe(both);
    expect(laptop.sync.state.counts).toMatchObject({ outgoing: 0, incoming: 0, conflicts: 0 });
    await converge(laptop, desk);
  });

  it('keeps the permissions that one side changed', async () => {
    const [desk, laptop] = await edited();
    await chmod(laptop.path(path), 0o755);
    expect((await merge(laptop)).merged).toEqual([path]);
    expect((await lstat(laptop.path(path))).mode & 0o777).toBe(0o755);
    await converge(laptop, desk);
  });

  it('is not merged if it contains markers of a merge by hand', async () => {
    const [, laptop] = await edited({ base, desk: deskText, laptop: `${laptopText}>>>>>>> server\n` });
    expect(await merge(laptop)).toMatchObject({ merged: [], conflicts: [path] });
  });

  it('is not touched while it has unsaved edits, and merged when they are saved', async () => {
    const [desk, laptop] = await edited();
    const pulled = await laptop.pull(false, { autoMerge: true, hasUnsavedEdits: (candidate) => candidate === path });
    expect(pulled).toMatchObject({ merged: [], conflicts: [path], skipped: [{ path, reason: 'unsaved' }] });
    expect(await laptop.read(path)).toBe(laptopText);
    expect(laptop.sync.state.counts).toMatchObject({ conflicts: 1, outgoing: 0 });
    expect((await merge(laptop)).merged).toEqual([path]);
    await converge(laptop, desk);
  });

  it('is not touched if it is written during the merge, and merged by the next pull', async () => {
    const [desk, laptop] = await edited();
    const content = laptop.client.content.bind(laptop.client);
    laptop.client.content = async (...request) => {
      await laptop.write(path, `${laptopText}six\n`);
      return content(...request);
    };
    expect(await merge(laptop)).toMatchObject({ merged: [], conflicts: [path], skipped: [{ path }] });
    expect(await laptop.read(path)).toBe(`${laptopText}six\n`);
    expect((await merge(laptop)).merged).toEqual([]);
    laptop.client.content = content;
    await laptop.write(path, `${base}six\n`.replace('three', 'THREE'));
    expect((await merge(laptop)).merged).toEqual([path]);
    expect(await laptop.read(path)).toBe('ONE\ntwo\nTHREE\nfour\nfive\nsix\n');
    await converge(laptop, desk);
  });

  it('is merged to the same result by the pull after one that was killed', async () => {
    const [desk, laptop] = await edited();
    // After a kill the result can be on the disk without being stored as a merge.
    await laptop.write(path, both);
    expect(await merge(laptop)).toMatchObject({ merged: [path], conflicts: [] });
    expect(await laptop.read(path)).toBe(both);
    await converge(laptop, desk);
  });
});

describe('a conflict that cannot be merged', () => {
  it.each([
    ['binary', Buffer.from('a\0b\nc\n'), Buffer.from('A\0b\nc\n'), Buffer.from('a\0b\nC\n')],
    [
      'not UTF-8',
      Buffer.from([0xe9, 10, 10, 10]),
      Buffer.from([0xe8, 10, 10, 10]),
      Buffer.from([0xe9, 10, 10, 10, 10]),
    ],
  ])('because it is %s, stays a conflict', async (_, base, desk, laptop) => {
    const [, machine] = await edited({ base, desk, laptop });
    expect(await merge(machine)).toMatchObject({ merged: [], conflicts: [path] });
    expect(await readFile(machine.path(path))).toEqual(laptop);
  });

  it('because it is larger than 1 MB, stays a conflict', async () => {
    const long = 'a line\n'.repeat(200_000);
    const [, laptop] = await edited({ base: long, desk: `first\n${long}`, laptop: `${long}last\n` });
    expect(await merge(laptop)).toMatchObject({ merged: [], conflicts: [path] });
  });

  it('because one side deleted the file, stays a conflict', async () => {
    const [desk, laptop] = await edited();
    await merge(laptop);
    await desk.write('n/other', 'x');
    await desk.delete(path);
    await desk.push();
    await laptop.write(path, `${both}more\n`);
    expect(await merge(laptop)).toMatchObject({ merged: [], conflicts: [path] });
  });
});

describe('an edit on one side and new permissions on the other', () => {
  it('are combined, also of a binary file', async () => {
    const [desk, laptop] = await fixture.twoMachines();
    await desk.write(path, Buffer.from([0, 1, 2]), 0o644);
    await desk.sync.track(['n']);
    await desk.push();
    await laptop.pull();
    await chmod(desk.path(path), 0o600);
    await desk.push();
    await laptop.write(path, Buffer.from([0, 1, 2, 3]));
    const result = await merge(laptop);
    expect(result.conflicts).toEqual([]);
    expect((await lstat(laptop.path(path))).mode & 0o777).toBe(0o600);
    await converge(laptop, desk);
    expect(await readFile(desk.path(path))).toEqual(Buffer.from([0, 1, 2, 3]));
  });
});

describe('the merge editor', () => {
  const start = (machine: Machine, file = path) => machine.sync.merges.start(silent, file);

  it('gets three texts, and a copy of mine that does not change', async () => {
    const mine = base.replace('two', 'zwei');
    const [, laptop] = await edited({ base, desk: base.replace('two', '2'), laptop: mine });
    await laptop.pull();
    const sides = await start(laptop);
    const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);
    expect([text(sides.base), text(sides.mine), text(sides.theirs)]).toEqual([base, mine, base.replace('two', '2')]);
    expect(sides.merge).toMatchObject({ kind: 'conflict', conflicts: 1 });
    await laptop.write(path, 'saved over mine');
    expect(await readFile(sides.mineCopy, 'utf8')).toBe(mine);
    expect(laptop.sync.state.counts.conflicts).toBe(1);
  });

  it("gets the server's newest version, without an automatic merge", async () => {
    const [desk, laptop] = await edited();
    await laptop.pull();
    await desk.write(path, `${deskText}six\n`);
    await desk.push();
    await laptop.sync.rescan(silent);
    const sides = await laptop.sync.merges.start(silent, path);
    expect(new TextDecoder().decode(sides.theirs)).toBe(`${deskText}six\n`);
    expect(await laptop.read(path)).toBe(laptopText);
  });

  it('gets an empty base if both sides created the file', async () => {
    const [desk, laptop] = await fixture.twoMachines();
    await desk.write(path, 'desk\n');
    await desk.sync.track(['n']);
    await desk.push();
    await laptop.write(path, 'laptop\n');
    await laptop.sync.track(['n']);
    await laptop.pull();
    expect(await start(laptop)).toMatchObject({ base: new Uint8Array(), merge: { kind: 'conflict' } });
  });

  it('refuses a binary file, a deleted file and a path without a conflict', async () => {
    const [, laptop] = await edited({ base: 'a\0', desk: 'b\0', laptop: 'c\0' });
    await laptop.pull();
    await expect(start(laptop)).rejects.toMatchObject({ code: 'not_mergeable', details: { paths: [path] } });
    await laptop.delete(path);
    await expect(start(laptop)).rejects.toMatchObject({ code: 'not_mergeable' });
    await expect(start(laptop, 'n/other')).rejects.toMatchObject({ code: 'no_conflict' });
    expect(laptop.sync.state.kind).toBe('conflicted');
  });

  it('lets mine be kept once it has no markers', async () => {
    const [desk, laptop] = await edited({ base, desk: base.replace('two', '2'), laptop: base.replace('two', 'zwei') });
    await laptop.pull();
    const { merge: started } = await start(laptop);
    await laptop.write(path, started.text);
    const keepMine = { paths: [path], choice: 'mine' } as const;
    await expect(laptop.sync.resolve(silent, keepMine)).rejects.toMatchObject({
      code: 'conflict_markers',
      details: { paths: [path] },
    });
    expect(laptop.sync.state.counts.conflicts).toBe(1);
    await laptop.write(path, base.replace('two', '2 zwei'));
    await laptop.sync.resolve(silent, keepMine);
    await converge(laptop, desk);
    expect(await desk.read(path)).toBe(base.replace('two', '2 zwei'));
  });

  it('lets markers be kept if the user wants them', async () => {
    const [, laptop] = await edited({ base, desk: deskText, laptop: '>>>>>>> server\n' });
    await laptop.pull();
    const keepMine = { paths: [path], choice: 'mine' } as const;
    const result = await laptop.sync.resolve(silent, keepMine, { allowMarkers: true });
    expect(result.resolved).toEqual([path]);
    expect(await readdir(laptop.path('n'))).toEqual(['a.md']);
  });
});
