import { afterEach, expect, it } from 'vitest';
import { sha256 } from '../../src/io/fs/sha256';
import { HostileServer, sendJson } from '../support/servers/hostileServer';
import { Machine } from './machine';

interface Table {
  readonly revision: number;
  readonly id: string;
  readonly folders: readonly string[];
  readonly files: Readonly<Record<string, string>>;
}

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A machine that tracks the folder `n` with these files, and a server that answers each request with `table()`. */
async function deceived(files: Readonly<Record<string, string>>, table: () => Table): Promise<Machine> {
  const server = await HostileServer.start((response, request) => {
    if (request.url?.includes('/events') === true)
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    else if (request.url?.includes('/files') === true) response.end(ndjson(table()));
    else sendJson(response, { name: 'notes', revision: table().revision });
  });
  closing.push(() => server.close());
  const machine = await Machine.open({ url: server.url, token: 'token' });
  closing.push(() => machine.remove());
  for (const [path, content] of Object.entries(files)) await machine.write(path, content, 0o644);
  await machine.sync.track(['n']);
  return machine;
}

function ndjson({ files, ...head }: Table): string {
  const rows = Object.entries(files).map(([path, content]) => {
    const bytes = Buffer.from(content);
    const { revision } = head;
    return { path, kind: 'file', size: bytes.length, mtimeNs: '0', mode: 0o644, hash: sha256(bytes), revision };
  });
  const lines = [{ ...head, otherWriters: [], count: rows.length }, ...rows];
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

it.each([
  ['goes back to an older revision', 3, 'c'],
  ['gives the number of the synced revision to another', 5, 'c'],
])('a pull changes nothing before the user has agreed if the server %s', async (_, revision, id) => {
  let table: Table = { revision: 5, id: 'a', folders: ['n'], files: { 'n/a': 'new' } };
  const machine = await deceived({ 'n/a': 'new' }, () => table);
  expect((await machine.pull()).revision).toBe(5);
  table = { revision, id, folders: ['n'], files: { 'n/a': 'old' } };
  const refused = { code: 'revision_not_found' };
  await expect(machine.pull()).rejects.toMatchObject(refused);
  await expect(machine.pull(true, { isUnattended: true })).rejects.toMatchObject(refused);
  expect(machine.sync.state.revision).toBe(5);
  expect((await machine.pull(false, { comparesAnew: true })).conflicts).toEqual(['n/a']);
  expect(await machine.read('n/a')).toBe('new');
});

it.each(['', 'private', 'new', '.ssh'])(
  'a server cannot make the folder "%s" tracked without a file in it',
  async (folder) => {
    const table = { revision: 1, id: 'a', folders: ['n', folder], files: { 'n/a': 'a' } };
    const machine = await deceived({ 'n/a': 'a' }, () => table);
    await machine.pull();
    expect([...machine.sync.rules.keys()]).toEqual(['n']);
  },
);

it('a folder is tracked once the tree has a file in it', async () => {
  const table = { revision: 1, id: 'a', folders: ['m', 'n'], files: { 'n/a': 'a', 'm/sub/b': 'b' } };
  const machine = await deceived({ 'n/a': 'a', 'm/sub/b': 'b' }, () => table);
  await machine.pull();
  expect([...machine.sync.rules.keys()].sort()).toEqual(['m', 'n']);
});
