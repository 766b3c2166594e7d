import { PalmtreeError, type ErrorCode } from '../../errors';

/** The end of an ssh that brought no connection. */
interface SshEnd {
  /** The address, for the user. */
  readonly address: string;
  /** ssh's exit code, which is that of the remote command, or 255 if there was none. */
  readonly exitCode: number | null;
  readonly stderr: string;
}

/** The codes for the words of ssh, of the shell there, and of palmtree-server; the first match counts. */
const patterns: readonly (readonly [RegExp, ErrorCode])[] = [
  [/REMOTE HOST IDENTIFICATION HAS CHANGED|offending .* key in/i, 'ssh_host_changed'],
  [/Host key verification failed|host key is known/i, 'ssh_host_unknown'],
  [/unknown command 'connect'/, 'server_too_old'],
  [/^palmtree-server: This is Node /m, 'ssh_no_node'],
  [/^palmtree-server: /m, 'ssh_server_failed'],
  [
    /Cannot use import statement outside a module|SyntaxError|env: .?node.?: |node: (command )?not found/,
    'ssh_no_node',
  ],
  [/palmtree-server.*(not found|No such file|not recognized|Unknown command)|command not found/i, 'ssh_no_server'],
  [/Permission denied|Too many authentication failures|No more authentication methods/i, 'ssh_denied'],
  [
    /Connection (refused|timed out|closed|reset)|Could not resolve|No route to host|Network is unreachable|Operation timed out|timed out during banner|kex_exchange_identification/i,
    'server_unreachable',
  ],
];
const maxReasonChars = 1_000;

export function sshFailure({ address, exitCode, stderr }: SshEnd): PalmtreeError {
  const code =
    patterns.find(([pattern]) => pattern.test(stderr))?.[1] ?? (exitCode === 127 ? 'ssh_no_server' : 'ssh_failed');
  const reason = reasonOf(code, stderr) || `exit code ${exitCode}`;
  return new PalmtreeError(code, `ssh to ${address} ended: ${reason}`, { details: { subject: address, reason } });
}

/** The words that help: those of the server, all of ssh's about a changed key, else the last line. */
function reasonOf(code: ErrorCode, stderr: string): string {
  const text = stderr.replaceAll('\r', '').trim();
  if (code === 'ssh_host_changed') return text.slice(0, maxReasonChars);
  const words = /^palmtree-server: (.+)$/m.exec(text)?.[1];
  return (words ?? text.split('\n').at(-1) ?? '').slice(0, maxReasonChars);
}
