import { expect, it } from 'vitest';
import { sshFailure } from './sshFailure';

it.each([
  [255, 'ssh: connect to host box port 22: Connection refused\r\n', 'server_unreachable'],
  [255, 'ssh: Could not resolve hostname box: Name or service not known', 'server_unreachable'],
  [255, 'Connection closed by 127.0.0.1 port 22', 'server_unreachable'],
  [
    255,
    'No ED25519 host key is known for box and you have requested strict checking.\nHost key verification failed.',
    'ssh_host_unknown',
  ],
  [
    255,
    '@@@\n@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\n@@@\nHost key verification failed.',
    'ssh_host_changed',
  ],
  [255, 'me@box: Permission denied (publickey,password).', 'ssh_denied'],
  [127, 'bash: line 1: palmtree-server: command not found', 'ssh_no_server'],
  [127, 'zsh:1: command not found: palmtree-server', 'ssh_no_server'],
  [127, 'sh: 1: palmtree-server: not found', 'ssh_no_server'],
  [127, 'fish: Unknown command: palmtree-server', 'ssh_no_server'],
  [127, "/usr/bin/env: 'node': No such file or directory", 'ssh_no_node'],
  [1, 'SyntaxError: Cannot use import statement outside a module\n\nNode.js v20.20.2', 'ssh_no_node'],
  [1, 'palmtree-server: This is Node 22.1.0. Install Node 24 or newer and start again.', 'ssh_no_node'],
  [1, "error: unknown command 'connect'", 'server_too_old'],
  [1, 'palmtree-server: rsync is not installed.', 'ssh_server_failed'],
  [3, 'something else', 'ssh_failed'],
])('takes the exit code %i with %j for %s', (exitCode, stderr, code) => {
  const failure = sshFailure({ address: 'ssh://box', exitCode, stderr });
  expect(failure).toMatchObject({ code, details: { subject: 'ssh://box' } });
});

it('keeps the words that help', () => {
  const stderr = 'Welcome!\npalmtree-server: rsync is not installed.\n';
  expect(sshFailure({ address: 'ssh://box', exitCode: 1, stderr }).details.reason).toBe('rsync is not installed.');
});
