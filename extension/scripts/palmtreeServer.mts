import type { ChildProcess } from 'node:child_process';
import { nodeBinary, serverBundle } from './paths.mts';
import { runCommand } from './runCommand.mts';

/** Makes a token in a server's data folder; the server need not run. */
export async function createToken(dataDir: string, name: string): Promise<string> {
  const { code, output } = await runCommand(nodeBinary, [
    serverBundle,
    'token',
    'create',
    name,
    '--data',
    dataDir,
    '--json',
  ]);
  const line = output.split('\n').find((text) => text.startsWith('{"') && text.includes('"token"'));
  if (code !== 0 || !line) throw new Error(`No token could be made (exit code ${code}):\n${output}`);
  return (JSON.parse(line) as { token: string }).token;
}

/** Ends a token; that there is none is fine. */
export async function revokeToken(dataDir: string, name: string): Promise<void> {
  await runCommand(nodeBinary, [serverBundle, 'token', 'revoke', name, '--data', dataDir]);
}

/** The address that a starting server says it listens on; rejects with what it printed if it ends before. */
export async function serverListening(child: ChildProcess): Promise<string> {
  let output = '';
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      for (const line of output.split('\n').slice(0, -1)) {
        if (line.includes('"event":"listening"')) resolve((JSON.parse(line) as { url: string }).url);
      }
    });
    child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.once('error', reject);
    child.once('exit', (code) =>
      reject(new Error(`The server ended with code ${code} before it listened:\n${output}`)),
    );
  });
}
