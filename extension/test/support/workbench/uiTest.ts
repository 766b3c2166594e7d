import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'vitest';
import { onStop } from '../../../scripts/processes/liveChildren.mjs';
import { createToken } from '../../../scripts/palmtreeServer.mts';
import { vsixFile } from '../../../scripts/paths.mts';
import { installExtension } from '../../../scripts/workbench/workbench.mts';
import { Client } from '../../../src/io/api/client';
import { Machine } from '../../sync/machine';
import { BrowserTab } from './browserTab';
import { Desk } from './desk';
import { RunningServer } from '../servers/server';
import { TestWorkbench } from './testWorkbench';
import type { WorkbenchWindow } from './workbenchWindow';

let trees = 0;

/** The values that the tests of a worker share, by name. */
const parts = new Map<string, Promise<unknown>>();

/** Calls `make` once in a worker, unless it fails. vitest makes a worker's fixture anew for each `it` that extends another. */
function once<T>(name: string, make: () => Promise<T>): Promise<T> {
  const made = (parts.get(name) as Promise<T> | undefined) ?? make();
  parts.set(name, made);
  made.catch(() => parts.delete(name));
  return made;
}

/**
 * A UI test. The tests share a server, a workbench and a browser tab, which take long to start. Each test has a tree, a
 * workspace folder and so a workspace state of its own.
 */
export const it = test
  .extend('sharedServer', { scope: 'worker' }, ({}, { onCleanup }) =>
    once('server', async () => {
      const server = await RunningServer.start('desk');
      onCleanup(() => server.close());
      return server;
    }),
  )
  .extend('laptopToken', { scope: 'worker' }, ({ sharedServer }) =>
    once('token', () => createToken(sharedServer.dataDir, 'laptop')),
  )
  /** The packed extension is installed in this folder. */
  .extend('extensionsDir', { scope: 'worker' }, ({}, { onCleanup }) =>
    once('extensions', async () => {
      const scratch = await temporaryFolder('extensions');
      onCleanup(scratch.remove);
      const profile = { userDataDir: join(scratch.path, 'user-data'), extensionsDir: join(scratch.path, 'extensions') };
      await installExtension(vsixFile, profile);
      return profile.extensionsDir;
    }),
  )
  .extend('sharedWorkbench', { scope: 'worker' }, ({ sharedServer, extensionsDir }, { onCleanup }) =>
    once('workbench', async () => {
      const workbench = await TestWorkbench.start({ extensionsDir, server: sharedServer, isShared: true });
      onCleanup(() => workbench.close());
      return workbench;
    }),
  )
  .extend('sharedTab', { scope: 'worker' }, ({}, { onCleanup }) =>
    once('tab', async () => {
      const tab = await BrowserTab.launch();
      onCleanup(() => tab.close());
      return tab;
    }),
  )
  .extend('server', ({ sharedServer }) => sharedServer)
  .extend('workbench', ({ sharedWorkbench }) => sharedWorkbench)
  .extend('tree', () => `tree-${++trees}`)
  /** A folder for the files of the test. */
  .extend('scratch', async ({}, { onCleanup }) => {
    const scratch = await temporaryFolder('test');
    onCleanup(scratch.remove);
    return scratch.path;
  })
  /** Opens a folder or a .code-workspace file in the window of the test. */
  .extend('openWindow', ({ workbench, sharedTab, task }, { onCleanup }) => {
    onCleanup(() => (task.result?.state === 'fail' ? sharedTab.discard(task.name) : sharedTab.leave()));
    return (path: string): Promise<WorkbenchWindow> => {
      const url = workbench.urlFor(path);
      return workbench.isShared ? sharedTab.open(url) : sharedTab.openGuest(url);
    };
  })
  /** Opens another window beside it. */
  .extend('openWindowBeside', ({ workbench, sharedTab }, { onCleanup }) => {
    onCleanup(() => sharedTab.closeBeside());
    return (path: string, language?: string): Promise<WorkbenchWindow> =>
      sharedTab.openBeside(workbench.urlFor(path), language);
  })
  /** Creates a workspace folder with this name, bound to a tree on the server. */
  .extend('createDesk', ({ scratch, server, workbench, openWindow }) => async (name: string, tree: string) => {
    const client = new Client(server.url, server.token);
    await client.makeTree(tree);
    return Desk.create({ folder: join(scratch, name), workbench, openWindow, client, tree });
  })
  /** The machine with the window. The server knows it as "desk". */
  .extend('desk', ({ createDesk, tree }) => createDesk('desk', tree))
  /** Opens a machine without a window. The server knows it as "laptop". */
  .extend('openLaptop', ({ server, laptopToken }, { onCleanup }) => {
    const laptops: Machine[] = [];
    onCleanup(async () => {
      for (const laptop of laptops) await laptop.remove();
    });
    return async (tree: string): Promise<Machine> => {
      const laptop = await Machine.open({ url: server.url, token: laptopToken, tree });
      laptops.push(laptop);
      return laptop;
    };
  })
  /** Another machine on the tree of the desk. */
  .extend('laptop', ({ openLaptop, tree }) => openLaptop(tree));

async function temporaryFolder(name: string): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), `palmtree-${name}-`));
  const remove = (): Promise<void> => rm(path, { recursive: true, force: true, maxRetries: 5 });
  const forget = onStop(remove);
  return {
    path,
    remove: async () => {
      await remove();
      forget();
    },
  };
}
