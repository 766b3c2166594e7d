import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { cleanEnvironment } from '../setup/cleanEnvironment.mjs';
import { ensureCodeServer } from './codeServerInstall.mts';
import { hasDisplay, installedExecutable } from './desktopVSCode.mts';
import { isPortFree } from '../processes/freePort.mts';
import { registerChild, onStop, stopGroup } from '../processes/liveChildren.mjs';
import { scratch, vsixFile } from '../paths.mts';
import { runCommand } from '../processes/runCommand.mts';
import { step } from '../step.mjs';
import { findOnPath } from '../setup/systemPackages.mts';
import { UserError } from '../userError.mjs';
import { installExtension, startWorkbench } from './workbench.mts';
import { writeUserSettings } from './workbenchSettings.mts';

export interface EditorOptions {
  readonly folder: string;
  /** The name of the profile. Each folder has its own, so that settings for one folder do not reach another. */
  readonly profile: string;
  readonly env: NodeJS.ProcessEnv;
  readonly settings: Readonly<Record<string, unknown>>;
  /** The preferred port of the browser workbench, so that its address stays the same between starts. */
  readonly port: number;
}

/** Opens VS Code with the extension in a separate profile. Returns its URL, or a description of its window. */
export async function openEditor(options: EditorOptions): Promise<string> {
  const code = findOnPath('code');
  const executable = installedExecutable();
  if (code && executable && hasDisplay()) return openDesktop(code, executable, options);
  return openWorkbench(options);
}

async function openDesktop(code: string, executable: string, options: EditorOptions): Promise<string> {
  const userDataDir = join(scratch, 'desktop', options.profile);
  const profile = ['--user-data-dir', userDataDir, '--extensions-dir', join(scratch, 'desktop/extensions')];
  await writeUserSettings(userDataDir, { 'workbench.startupEditor': 'none', ...options.settings });
  await step('Installing the extension', async () => {
    const { code: failed, output } = await runCommand(code, [...profile, '--install-extension', vsixFile, '--force']);
    if (failed) throw new UserError(`VS Code could not install the extension: ${output.trim().split('\n').at(-1)}`);
  });
  // The program itself and not the `code` script: it stays a child of this process, which can end it.
  const child = spawn(executable, [...profile, '--new-window', options.folder], {
    env: { ...cleanEnvironment(), ...options.env },
    stdio: 'ignore',
    detached: process.platform !== 'win32',
  });
  registerChild(child);
  onStop(() => stopGroup(child));
  child.once('exit', () =>
    process.stdout.write('VS Code was closed. The server is still running: press Ctrl-C to stop it.\n'),
  );
  return 'in its own window';
}

async function openWorkbench(options: EditorOptions): Promise<string> {
  const profile = {
    userDataDir: join(scratch, 'workbench', options.profile),
    extensionsDir: join(scratch, 'workbench/extensions'),
  };
  await ensureCodeServer();
  await step('Installing the extension', () => installExtension(vsixFile, profile));
  const port = (await isPortFree(options.port)) ? options.port : 0;
  const { env, settings } = options;
  const workbench = await step('Starting VS Code for the browser', () =>
    startWorkbench({ ...profile, port, env, settings }),
  );
  return workbench.urlFor(options.folder);
}
