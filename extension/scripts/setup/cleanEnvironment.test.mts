import { expect, test } from 'vitest';
import { cleanEnvironment, npmEnvironment } from './cleanEnvironment.mjs';

const fromNpm = {
  PATH: '/bin',
  HOME: '/home/ada',
  NODE_EXTRA_CA_CERTS: '/etc/ca.pem',
  NODE_OPTIONS: '--inspect',
  INIT_CWD: '/somewhere',
  npm_lifecycle_event: 'start',
  npm_config_local_prefix: '/somewhere',
  npm_config_registry: 'https://registry.example',
  'npm_config_//registry.example/:_authToken': 'secret',
  VSCODE_IPC_HOOK_CLI: '/tmp/socket',
  ELECTRON_RUN_AS_NODE: '1',
};

test('variables of npm and VS Code reach no child', () => {
  expect(cleanEnvironment(fromNpm)).toEqual({
    PATH: '/bin',
    HOME: '/home/ada',
    NODE_EXTRA_CA_CERTS: '/etc/ca.pem',
  });
});

test('a nested npm keeps the settings for the registry', () => {
  expect(npmEnvironment(fromNpm)).toMatchObject({
    npm_config_registry: 'https://registry.example',
    'npm_config_//registry.example/:_authToken': 'secret',
  });
  expect(npmEnvironment(fromNpm)).not.toHaveProperty('npm_config_local_prefix');
});
