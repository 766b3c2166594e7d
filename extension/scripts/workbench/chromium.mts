import { chromium, type Browser, type BrowserContext, type LaunchOptions } from 'playwright-core';
import { ensureSystemPackages, findSystemCommand } from '../setup/systemPackages.mts';

const quietArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // A window lives for seconds: compiling its scripts further takes more time than that saves, a quarter of the whole.
  '--js-flags=--no-maglev --no-turbofan',
];

export async function launchChromium(): Promise<Browser> {
  return chromium.launch(await launchOptions());
}

/**
 * Launches a browser with a profile of its own, which it removes when the context is closed. Unlike a context of
 * `launchChromium`, it stores compiled scripts.
 */
export async function launchProfile(viewport: { width: number; height: number }): Promise<BrowserContext> {
  return chromium.launchPersistentContext('', { ...(await launchOptions()), viewport });
}

async function launchOptions(): Promise<LaunchOptions> {
  await ensureSystemPackages(['chromium']);
  const executablePath = findSystemCommand('chromium');
  if (!executablePath) throw new Error('There is no chromium on the PATH.');
  // Playwright handles no signals: its handlers would end this process before the workbench is stopped.
  return { executablePath, args: quietArguments, handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false };
}
