import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { parseSshAddress } from '../api/sshAddress';
import { sshArguments } from './sshArguments';

const argumentsFor = (address: string, name = 'desk', mayAsk = false): string[] =>
  sshArguments({ address: parseSshAddress(address), name, mayAsk });

it('names the host after the end of the options', () => {
  const args = argumentsFor('ssh://me@box:2222/srv/palmtree');
  expect(args.slice(args.indexOf('-p'))).toEqual([
    '-p',
    '2222',
    '-l',
    'me',
    '--',
    'box',
    "palmtree-server connect --data='/srv/palmtree' --as='desk'",
  ]);
});

it('lets ssh ask only if the user is there, and never turns its checks off', () => {
  expect(argumentsFor('ssh://box')).toContain('BatchMode=yes');
  expect(argumentsFor('ssh://box', 'desk', true)).toContain('BatchMode=no');
  expect(argumentsFor('ssh://box').join(' ')).not.toContain('StrictHostKeyChecking');
});

it.each(["it's", '$(id)', '`id`', 'a "b" & c; d', 'a\nb'])('passes the folder and the name as they are: %j', (text) => {
  const folder = text.replace('\n', '');
  const command = argumentsFor(`ssh://box/${encodeURIComponent(folder)}`, text).at(-1) ?? '';
  const script = `show() { printf '%s\\n' "$@"; }; ${command.replace('palmtree-server', 'show')}`;
  const seen = execFileSync('sh', ['-c', script], { encoding: 'utf8' });
  expect(seen).toBe(`connect\n--data=/${folder}\n--as=${text.replace('\n', '')}\n`);
});
