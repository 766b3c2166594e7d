import { stat } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { connectDemoWorkspace, makeDemoWorkspace } from './workbench/demoWorkspace.mts';
import { openEditor } from './workbench/editorWindow.mts';
import { requirePort } from './processes/freePort.mts';
import { isStopping, stop, stopWithParent } from './processes/liveChildren.mjs';
import { dataFolder, demoToken, makeTree, serverLog, startLocalServer } from './localServer.mts';
import { megabytes, packageExtension } from './package.mts';
import { repository, scratch } from './paths.mts';
import { seconds, step } from './step.mjs';
import { ensureSystemPackages } from './setup/systemPackages.mts';
import { runMain, UserError } from './userError.mjs';

const usage = `npm start [-- options]
  --server-only   start only the server, and print a token for it
  --folder DIR    open DIR instead of the demo workspace
  --port N        port of the server (default 7337)
`;

interface Options {
  readonly serverOnly: boolean;
  readonly folder: string | undefined;
  readonly port: number;
}

async function readOptions(): Promise<Options | undefined> {
  const { values } = parseArgs({
    options: {
      'server-only': { type: 'boolean', default: false },
      folder: { type: 'string' },
      port: { type: 'string', default: '7337' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new UserError(`"${values.port}" is not a port: give a number from 0 to 65535.`);
  const folder = values.folder === undefined ? undefined : resolve(process.env['INIT_CWD'] ?? '.', values.folder);
  if (folder && !(await isFolder(folder))) throw new UserError(`The folder ${folder} does not exist.`);
  return { serverOnly: values['server-only'], folder, port };
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function start(options: Options): Promise<void> {
  const began = performance.now();
  await requirePort(options.port);
  await ensureSystemPackages(['rsync']);
  const size = await step('Building and packing', packageExtension);
  process.stdout.write(`  package size: ${megabytes(size)}\n`);
  const server = await step('Starting the server', () => startLocalServer(options.port));
  const token = await demoToken(server.url);
  const editor = options.serverOnly ? undefined : await openOn(options, server.url, token);
  process.stdout.write(
    `\nReady after ${seconds(performance.now() - began)}.\n${summary(options, server.url, token, editor)}\n`,
  );
  // From here, Ctrl-C is the normal way to stop. If the server exits by itself, that is a failure.
  process.exitCode = 0;
  await new Promise((ended) => server.process.once('exit', ended));
  if (isStopping()) return;
  throw new UserError(`The server stopped unexpectedly (exit code ${server.process.exitCode}).`, { log: serverLog });
}

async function openOn({ folder, port }: Options, url: string, token: string): Promise<string> {
  const env = { PALMTREE_SERVER_URL: url, PALMTREE_TOKEN: token };
  // A fixed port next to the server's, because the browser keeps the workbench's state per address.
  const editor = { env, port: port === 0 ? 0 : port + 1 };
  if (folder) {
    const tree = treeName(folder);
    await makeTree(url, token, tree);
    return openEditor({
      ...editor,
      folder,
      profile: `folder-${tree}`,
      settings: { 'palmtree.serverUrl': url, 'palmtree.tree': tree },
    });
  }
  const demo = join(scratch, 'demo');
  await makeTree(url, token, 'demo');
  await makeDemoWorkspace(demo);
  await connectDemoWorkspace(demo, url);
  return openEditor({ ...editor, folder: demo, profile: 'demo', settings: {} });
}

function treeName(folder: string): string {
  return (
    basename(folder)
      .toLowerCase()
      .replaceAll(/[^a-z0-9._-]+/g, '-')
      .replace(/^[^a-z0-9]+/, '')
      .slice(0, 60) || 'folder'
  );
}

function summary({ folder }: Options, url: string, token: string, editor: string | undefined): string {
  const lines = [
    `  Server     ${url}  (data in ${relative(repository, dataFolder)}, log in ${relative(repository, serverLog)})`,
  ];
  if (editor === undefined) {
    lines.push(
      `  Token      ${token}`,
      `  Next       in VS Code, run "Palmtree: Connect to Server…" with this address and token.`,
    );
  } else {
    lines.push(`  VS Code    ${editor}`, `  Folder     ${folder ?? relative(repository, join(scratch, 'demo'))}`);
    const target = folder ? 'a folder' : 'the folder "notes"';
    lines.push(
      `  Next       right-click ${target} in the Explorer, "Track for sync", then click the arrow in the status bar to push.`,
    );
  }
  return [...lines, '  Press Ctrl-C to stop everything.'].join('\n');
}

await runMain(async () => {
  stopWithParent();
  const options = await readOptions();
  if (options) await start(options);
  else process.stdout.write(usage);
});
await stop(0);
