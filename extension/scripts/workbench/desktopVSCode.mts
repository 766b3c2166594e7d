import { downloadAndUnzipVSCode } from '@vscode/test-electron';
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheFolder } from '../paths.mts';
import { findOnPath } from '../setup/systemPackages.mts';

/**
 * Returns the executable of a desktop VS Code for the host tests: the one in PALMTREE_VSCODE_EXECUTABLE, an installed one or a
 * download. Returns undefined without a display or if the download fails.
 */
export async function desktopVSCode(): Promise<string | undefined> {
  const named = process.env['PALMTREE_VSCODE_EXECUTABLE'];
  if (named) return named;
  if (!hasDisplay()) return undefined;
  return installedExecutable() ?? (await downloaded());
}

export function hasDisplay(): boolean {
  if (process.platform !== 'linux') return true;
  return Boolean(process.env['DISPLAY'] || process.env['WAYLAND_DISPLAY']);
}

/** Returns the program that `code` starts. `code` itself is a script that exits at once. */
export function installedExecutable(): string | undefined {
  const code = findOnPath('code');
  if (!code) return undefined;
  const folder = dirname(realpathSync(code));
  const candidates = [join(folder, '../code'), join(folder, '../Code.exe'), join(folder, '../../../MacOS/Electron')];
  return candidates.find((path) => existsSync(path));
}

async function downloaded(): Promise<string | undefined> {
  try {
    return await downloadAndUnzipVSCode({
      version: 'stable',
      cachePath: join(cacheFolder(), 'vscode'),
      timeout: 10_000,
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    process.stdout.write(`VS Code cannot be downloaded (${reason}): using the browser workbench instead.\n`);
    return undefined;
  }
}
