#!/usr/bin/env node
/**
 * Stands in for a desktop VS Code's executable in host tests: takes its arguments, runs the tests in the browser workbench's
 * extension host, prints what they print and exits with their code.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { format, parseArgs } from 'node:util';
import type { Page } from 'playwright-core';
import { launchChromium } from './chromium.mts';
import { onStop, stop, stopWhenOrphaned } from '../processes/liveChildren.mjs';
import { runMain } from '../userError.mjs';
import { startWorkbench } from './workbench.mts';

interface Arguments {
  readonly folder: string | undefined;
  readonly developmentPaths: readonly string[];
  readonly testsPath: string;
  readonly userDataDir: string;
  readonly extensionsDir: string;
}

function readArguments(scratch: string): Arguments {
  const { values, positionals } = parseArgs({
    options: {
      extensionDevelopmentPath: { type: 'string', multiple: true },
      extensionTestsPath: { type: 'string' },
      'user-data-dir': { type: 'string' },
      'extensions-dir': { type: 'string' },
    },
    // A desktop VS Code gets more arguments than these.
    strict: false,
    allowPositionals: true,
  });
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
  return {
    folder: positionals[0],
    developmentPaths: (values.extensionDevelopmentPath ?? []).filter((path) => typeof path === 'string'),
    testsPath: text(values.extensionTestsPath) ?? '',
    userDataDir: text(values['user-data-dir']) ?? join(scratch, 'user-data'),
    extensionsDir: text(values['extensions-dir']) ?? join(scratch, 'extensions'),
  };
}

/**
 * Returns a script that changes the settings which the workbench reads from an attribute of its page. The page's HTML
 * itself must not change, or the page loses its connection to the extension host.
 */
function developmentScript(url: string, { developmentPaths, testsPath }: Arguments): string {
  const remote = (path: string): object => ({ scheme: 'vscode-remote', authority: new URL(url).host, path });
  const options = { extensions: developmentPaths.map(remote), extensionTestsPath: remote(testsPath) };
  return `{
    const original = Element.prototype.getAttribute;
    Element.prototype.getAttribute = function (name) {
      const value = original.call(this, name);
      if (name !== 'data-settings' || this.id !== 'vscode-workbench-web-configuration') return value;
      return JSON.stringify({ ...JSON.parse(value), developmentOptions: ${JSON.stringify(options)} });
    };
  }`;
}

/** Matches the workbench's own lines on the console of its page, to which the tests write too. */
const ownChatter =
  /^(\[|Resolv(ing|ed) connection|Creating a socket|Ignoring fetching|Error while fetching the extension under)/;

async function testsExit(page: Page, open: () => Promise<unknown>): Promise<number> {
  const exited = new Promise<number>((resolve, reject) => {
    void page.exposeFunction('codeAutomationExit', (code: number) => resolve(code)).catch(reject);
    page.once('crash', () => reject(new Error('The page of the workbench crashed.')));
    page.once('close', () => reject(new Error('The page of the workbench was closed before the tests ended.')));
  });
  await page.exposeFunction('codeAutomationLog', (_type: string, args: unknown[]) => {
    const line = format(...args);
    if (!ownChatter.test(line)) process.stdout.write(`${line}\n`);
  });
  const [code] = await Promise.all([exited, open()]);
  return code;
}

await runMain(async () => {
  stopWhenOrphaned();
  const scratch = await mkdtemp(join(tmpdir(), 'palmtree-host-'));
  const forget = onStop(() => rm(scratch, { recursive: true, force: true }));
  try {
    const given = readArguments(scratch);
    const workbench = await startWorkbench(given);
    const browser = await launchChromium();
    const forgetBrowser = onStop(() => browser.close());
    const page = await browser.newPage();
    await page.addInitScript(developmentScript(workbench.url, given));
    const address = given.folder ? workbench.urlFor(given.folder) : workbench.url;
    process.exitCode = await testsExit(page, () => page.goto(address));
    forgetBrowser();
    await browser.close();
    await workbench.close();
  } finally {
    forget();
    await rm(scratch, { recursive: true, force: true });
  }
});
await stop(Number(process.exitCode ?? 0));
