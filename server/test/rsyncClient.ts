import { spawn } from 'node:child_process';
import { openTcpBridge, type BridgeTarget, type TcpBridge } from './tcpBridge';

export interface RsyncResult {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly bridge: TcpBridge;
  readonly close: { code: number; reason: string };
}

export interface RsyncRequest {
  /** A leading `MODULE` is replaced with rsync://palmtree@127.0.0.1:PORT/MODULE. */
  readonly arguments: readonly string[];
  readonly module: string;
  readonly password: string;
  readonly cwd: string;
  readonly input?: string;
  readonly onStarted?: (bridge: TcpBridge) => void;
}

/** Runs a real rsync client through its own bridge. */
export async function runRsync(target: BridgeTarget, request: RsyncRequest): Promise<RsyncResult> {
  const bridge = await openTcpBridge(target);
  const remote = `rsync://palmtree@127.0.0.1:${bridge.port}/${request.module}`;
  const child = spawn(
    'rsync',
    request.arguments.map((argument) => argument.replace(/^MODULE/, () => remote)),
    {
      cwd: request.cwd,
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: '/dev/null',
        LC_ALL: 'C.UTF-8',
        RSYNC_PASSWORD: request.password,
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  );
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.on('error', () => undefined);
  child.stdin.end(request.input ?? '');
  request.onStarted?.(bridge);
  const exit = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  bridge.clientEnded();
  return { exit, stdout, stderr, bridge, close: await bridge.closed };
}

export function nameList(paths: readonly string[]): string {
  return paths.map((path) => `./${path}\0`).join('');
}

export const fileListOptions = ['--files-from=-', '--from0', '--no-implied-dirs', '--ignore-times', '--times'];
