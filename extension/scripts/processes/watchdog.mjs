// Runs a command in this process group. Kills the group as soon as standard input closes, which happens when the parent
// ends for any reason: a killed test run leaves no workbench behind.
import { spawn } from 'node:child_process';

const [command = '', ...args] = process.argv.slice(2);
const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
child.once('error', () => process.exit(127));
child.once('exit', (code) => process.exit(code ?? 1));

// A signal reaches the whole group: the child shuts down by itself, and this process exits with it.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => undefined);

process.stdin.resume();
process.stdin.once('close', () => process.kill(process.platform === 'win32' ? process.pid : -process.pid, 'SIGKILL'));
