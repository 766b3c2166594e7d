import { chromium, type Browser } from 'playwright-core';
import { ensureSystemPackages, findSystemCommand } from './systemPackages.mts';

const quietArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export async function launchChromium(): Promise<Browser> {
  await ensureSystemPackages(['chromium']);
  const executablePath = findSystemCommand('chromium');
  if (!executablePath) throw new Error('There is no chromium on the PATH.');
  // Playwright handles no signals: its handlers would end this process before the workbench is stopped.
  return chromium.launch({
    executablePath,
    args: quietArguments,
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
}
