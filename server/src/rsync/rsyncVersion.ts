import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { OperatorError } from '../errors';

/** Versions before this one have known security holes on the receiving side. */
const minVersion = '3.4.3';
/** Versions before this one have several more security holes, which a daemon's client can reach. */
const recommendedVersion = '3.5.0';

export interface RsyncCheck {
  readonly version: string;
  readonly warning?: string;
}

/** Throws OperatorError unless `command` is an rsync that is new enough, or `allowOld` is true. */
export async function checkRsync(command: string, allowOld: boolean): Promise<RsyncCheck> {
  const output = await versionOutput(command);
  const version = /^rsync +version +v?([0-9]+\.[0-9]+\.[0-9]+)/m.exec(output)?.[1];
  if (version === undefined) {
    const fix = 'Name the path of an rsync with --rsync.';
    throw new OperatorError(`${command} does not report an rsync version: "${firstLine(output)}". ${fix}`);
  }
  if (isOlder(version, minVersion)) {
    const fault = `${command} is version ${version}, which has known security holes.`;
    if (allowOld) return { version, warning: `${fault} Install ${minVersion} or newer.` };
    throw new OperatorError(`${fault} Install ${minVersion} or newer, or accept the risk with --allow-old-rsync.`);
  }
  if (!isOlder(version, recommendedVersion)) return { version };
  const fix = `Install ${recommendedVersion} or newer, which fixes security holes.`;
  return { version, warning: `${command} is version ${version}. ${fix}` };
}

async function versionOutput(command: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(command, ['--version'], { timeout: 10_000 });
    return stdout;
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const fault = isMissing ? `${command} was not found` : `"${command} --version" failed`;
    throw new OperatorError(`${fault}. Install rsync, or name its path with --rsync.`, { cause: error });
  }
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

function isOlder(version: string, than: string): boolean {
  const left = version.split('.').map(Number);
  const right = than.split('.').map(Number);
  for (const [index, part] of right.entries()) {
    const own = left[index] ?? 0;
    if (own !== part) return own < part;
  }
  return false;
}
