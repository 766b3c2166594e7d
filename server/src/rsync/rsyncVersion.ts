import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { StartError } from '../errors';

/** Below it rsync has known holes on the receiving side. */
const least = '3.4.3';
/** Below it a daemon's client reaches several more. */
const advised = '3.5.0';

export interface RsyncCheck {
  readonly version: string;
  readonly warning?: string;
}

export async function checkRsync(command: string, allowOld: boolean): Promise<RsyncCheck> {
  const output = await versionOutput(command);
  const version = /^rsync +version +v?([0-9]+\.[0-9]+\.[0-9]+)/m.exec(output)?.[1];
  if (version === undefined) throw new StartError(`${command} is not the rsync that is needed (${firstLine(output)})`);
  if (isOlder(version, least)) {
    const fault = `${command} is version ${version}, which has known security holes; ${least} or newer is needed`;
    if (!allowOld) throw new StartError(`${fault} (--allow-old-rsync takes it all the same)`);
    return { version, warning: fault };
  }
  if (!isOlder(version, advised)) return { version };
  return { version, warning: `${command} is version ${version}; ${advised} closes security holes` };
}

async function versionOutput(command: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(command, ['--version'], { timeout: 10_000 });
    return stdout;
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new StartError(missing ? `rsync is not installed (${command})` : `${command} --version failed`);
  }
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

export function isOlder(version: string, than: string): boolean {
  const left = version.split('.').map(Number);
  const right = than.split('.').map(Number);
  for (const [index, part] of right.entries()) {
    const other = left[index] ?? 0;
    if (other !== part) return other < part;
  }
  return false;
}
