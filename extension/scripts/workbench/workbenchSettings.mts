import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** User settings that switch off animations, prompts and network requests of the workbench. */
export const quietSettings: Readonly<Record<string, unknown>> = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.enableExperiments': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.settings.enableNaturalLanguageSearch': false,
  'chat.disableAIFeatures': true,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'git.openRepositoryInParentFolders': 'never',
  'terminal.integrated.gpuAcceleration': 'off',
  'terminal.integrated.enablePersistentSessions': false,
  'terminal.integrated.initialHint': false,
  'terminal.integrated.stickyScroll.enabled': false,
  'remote.autoForwardPorts': false,
  // Off on the desktop, on in a browser.
  'files.autoSave': 'off',
  'files.simpleDialog.enable': true,
  'window.dialogStyle': 'custom',
};

/** Sets these in a profile's user settings, and keeps the others that are there. */
export async function writeUserSettings(
  userDataDir: string,
  settings: Readonly<Record<string, unknown>>,
): Promise<void> {
  await mkdir(join(userDataDir, 'User'), { recursive: true });
  await setInFile(join(userDataDir, 'User/settings.json'), settings);
  // A browser workbench reads settings of this scope from its server's machine settings, and a desktop from the user's.
  const machine = Object.entries(settings).filter(([name]) => name.startsWith('palmtree.'));
  if (machine.length === 0) return;
  await mkdir(join(userDataDir, 'Machine'), { recursive: true });
  await setInFile(join(userDataDir, 'Machine/settings.json'), Object.fromEntries(machine));
}

/** Sets these in a settings file. A file with comments cannot be parsed here, and is left as it is. */
export async function setInFile(file: string, settings: Readonly<Record<string, unknown>>): Promise<void> {
  const text = await readFile(file, 'utf8').catch(() => '{}');
  let present: Record<string, unknown>;
  try {
    present = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return;
  }
  await writeFile(file, `${JSON.stringify({ ...present, ...settings }, null, 2)}\n`);
}
