import type { ChildProcess } from 'node:child_process';
import { nodeBinary, serverBundle } from './paths.mts';
import { runCommand } from './processes/runCommand.mts';

/** Creates a token in a server's data folder. The server does not have to run. */
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
  if (code !== 0 || !line) throw new Error(`The token could not be created (exit code ${code}):\n${output}`);
  return (JSON.parse(line) as { token: string }).token;
}

/** Revokes a token if it exists. */
export async function revokeToken(dataDir: string, name: string): Promise<void> {
  await runCommand(nodeBinary, [serverBundle, 'token', 'revoke', name, '--data', dataDir]);
}

/** Waits until a starting server listens, and returns its URL. Throws with its output if it exits before. */
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
      reject(new Error(`The server exited with code ${code} before it listened:\n${output}`)),
    );
  });
}
