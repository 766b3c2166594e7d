import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repository } from './paths.mts';

/** The rooms that each room may import; `''` is the layer's root. */
type Order = Readonly<Record<string, readonly string[]>>;

/** Rooms in levels: each may import the rooms of all levels before its own. */
function levels(...rooms: readonly (readonly string[])[]): Order {
  return Object.fromEntries(
    rooms.flatMap((level, number) => level.map((room) => [room, rooms.slice(0, number).flat()])),
  );
}

const layers: Readonly<Record<string, Order>> = {
  'extension/src/core': {
    '': [],
    filenames: [''],
    tracking: [''],
    merge: [''],
    reconcile: ['', 'filenames'],
    status: ['', 'filenames', 'tracking', 'merge', 'reconcile'],
    testing: ['', 'filenames', 'tracking', 'merge', 'reconcile', 'status'],
  },
  'extension/src/io': {
    threads: [],
    fs: [],
    entries: [],
    store: ['threads', 'fs', 'entries'],
    scan: ['threads', 'fs', 'entries', 'store'],
    apply: ['threads', 'fs'],
    deltas: ['fs'],
    packs: ['threads', 'fs', 'deltas'],
    transfer: ['deltas'],
    rsync: ['threads', 'fs', 'deltas', 'transfer'],
    http: ['threads', 'fs', 'deltas', 'transfer'],
    api: ['threads', 'fs', 'entries', 'transfer'],
    ssh: ['threads', 'fs', 'transfer', 'api'],
  },
  'extension/src/sync': levels(
    ['ports'],
    ['replica'],
    ['content'],
    ['transfer'],
    ['push'],
    ['pull'],
    ['conflicts', 'review'],
    ['history'],
    ['folder'],
    ['automation'],
  ),
  'extension/src/cli': levels(['terminal'], ['state'], ['folder'], ['commands']),
  'extension/src/ui': levels(
    ['shared'],
    ['workspace'],
    ['documents'],
    ['views'],
    ['backups', 'connect', 'scm'],
    ['sync'],
    ['conflicts', 'history', 'onServer', 'review'],
    ['api', 'commands'],
  ),
  'server/src': levels(
    ['concurrency', 'contract'],
    ['database'],
    ['space'],
    ['http'],
    ['objects', 'tokens'],
    ['trees'],
    ['history'],
    ['events'],
    ['rsync'],
    ['sessions'],
    ['transfers'],
    ['pulls', 'pushes'],
    ['verify'],
    ['cold', 'retention'],
    ['backup', 'gc'],
    ['app'],
    ['administration'],
    ['ssh'],
    ['cli'],
  ),
};

/** An import that a file of `room` makes, and whether the layers allow it. */
interface Probe {
  readonly from: string;
  readonly specifier: string;
  readonly isAllowed: boolean;
}

/** Probes for the rooms of a layer, and for the folders in them, which may import what their room may. */
async function roomProbes(layer: string, order: Order): Promise<Probe[]> {
  const rooms = Object.keys(order);
  const inner = await Promise.all(rooms.filter(Boolean).map((room) => foldersIn(layer, room)));
  return [...rooms, ...inner.flat()].flatMap((from) => {
    const [room = ''] = from.split('/');
    return rooms
      .filter((to) => to !== room)
      .map((to) => ({
        from: posix.join(layer, from),
        specifier: posix.join(relativeRoom(from, to), 'probed').replace(/^(?!\.)/, './'),
        isAllowed: order[room]?.includes(to) === true,
      }));
  });
}

async function foldersIn(layer: string, room = ''): Promise<string[]> {
  const entries = await readdir(join(repository, layer, room), { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => posix.join(room, name));
}

function relativeRoom(from: string, to: string): string {
  return posix.relative(posix.join('/', from), posix.join('/', to));
}

const core = 'extension/src/core/reconcile';
const io = 'extension/src/io/scan';
const sync = 'extension/src/sync/push';
const messages = 'extension/src/messages';
const ui = 'extension/src/ui/sync';
const cli = 'extension/src/cli';
const server = 'server/src/trees';

const layerProbes: readonly Probe[] = [
  ...[core, io, sync, messages, ui, cli, 'extension/src'].flatMap((from) => {
    const top = posix.relative(from, '.');
    return [
      { from, specifier: `${top}/server/src/concurrency/inParallel`, isAllowed: false },
      { from, specifier: `${top}/server/src/errors`, isAllowed: false },
      { from, specifier: `${top}/server/src/contract/schemas`, isAllowed: true },
    ];
  }),
  { from: core, specifier: 'node:path', isAllowed: false },
  { from: core, specifier: '../../io/fs/hashSync', isAllowed: false },
  { from: io, specifier: 'node:fs', isAllowed: true },
  { from: io, specifier: '../../core/entry', isAllowed: true },
  { from: io, specifier: '../../sync/push/push', isAllowed: false },
  { from: sync, specifier: 'node:fs', isAllowed: false },
  { from: sync, specifier: 'node:fs/promises', isAllowed: false },
  { from: sync, specifier: '../../io/fs/hashSync', isAllowed: true },
  { from: sync, specifier: '../../messages/format', isAllowed: false },
  { from: sync, specifier: '../../ui/shared/ids', isAllowed: false },
  { from: sync, specifier: '../../cli/main', isAllowed: false },
  { from: messages, specifier: '../sync/push/push', isAllowed: true },
  { from: messages, specifier: '../ui/shared/ids', isAllowed: false },
  { from: messages, specifier: '../cli/main', isAllowed: false },
  ...[ui, cli].map((from) => ({ from, specifier: `${posix.relative(from, messages)}/format`, isAllowed: true })),
  { from: ui, specifier: '../../cli/main', isAllowed: false },
  { from: cli, specifier: '../ui/shared/ids', isAllowed: false },
  { from: cli, specifier: '../sync/push/push', isAllowed: true },
  { from: 'extension/src', specifier: './cli/main', isAllowed: false },
  ...[core, io, sync, messages, cli, 'extension/src'].map((from) => ({ from, specifier: 'vscode', isAllowed: false })),
  { from: ui, specifier: 'vscode', isAllowed: true },
  { from: ui, specifier: '../../sync/push/push', isAllowed: true },
  { from: ui, specifier: '../../sync/review/plan', isAllowed: true },
  { from: server, specifier: '../../../extension/src/errors', isAllowed: false },
];

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'palmtree-layers-'));
  await copyFile(join(repository, '.oxlintrc.json'), join(folder, '.oxlintrc.json'));
});

afterAll(() => rm(folder, { recursive: true }));

/** The specifiers that the linter forbids, each with the file that imports it. */
async function forbidden(probes: readonly Probe[]): Promise<string[]> {
  for (const [number, { from, specifier }] of probes.entries()) {
    const file = join(folder, from, `probe${number}.ts`);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `import '${specifier}';\n`);
  }
  const output = await new Promise<string>((resolve, reject) => {
    const args = [join(repository, 'node_modules/oxlint/bin/oxlint'), '--format=json', 'extension', 'server'];
    execFile(process.execPath, args, { cwd: folder, maxBuffer: 64 * 1024 * 1024 }, (error, stdout) => {
      if (stdout === '') reject(error ?? new Error('the linter printed nothing'));
      else resolve(stdout);
    });
  });
  const { diagnostics } = JSON.parse(output) as { diagnostics: { code: string; filename: string; message: string }[] };
  return diagnostics
    .filter(({ code }) => code.includes('no-restricted-imports'))
    .map(({ filename, message }) => `${posix.dirname(filename)} → ${message.split("'")[1]}`)
    .sort();
}

describe('the layers', () => {
  it('let a room import exactly the layers and rooms below it', async () => {
    const ofRooms = await Promise.all(Object.entries(layers).map(([layer, order]) => roomProbes(layer, order)));
    const probes = [...layerProbes, ...ofRooms.flat()];
    const expected = probes
      .filter(({ isAllowed }) => !isAllowed)
      .map(({ from, specifier }) => `${from} → ${specifier}`);
    expect(await forbidden(probes)).toEqual(expected.sort());
  });

  it.each(Object.keys(layers))('know every room of %s', async (layer) => {
    expect((await foldersIn(layer)).sort()).toEqual(
      Object.keys(layers[layer] ?? {})
        .filter(Boolean)
        .sort(),
    );
  });
});
