import * as vscode from 'vscode';
import { plainLines } from '../../messages/plainText';

const levels = ['trace', 'debug', 'info', 'warn', 'error'] as const;

/** The "Palmtree" output channel. A message with several lines is indented, so that none looks like an entry of its own. */
export function createLog(): vscode.LogOutputChannel {
  const channel = vscode.window.createOutputChannel('Palmtree', { log: true });
  const plain = levels.map((level) => [level, { value: (text: string | Error) => channel[level](logText(text)) }]);
  // VS Code freezes the channel.
  return Object.create(channel, Object.fromEntries(plain) as PropertyDescriptorMap) as vscode.LogOutputChannel;
}

function logText(text: string | Error): string {
  const whole = text instanceof Error ? (text.stack ?? String(text)) : text;
  return plainLines(whole.replaceAll('\r\n', '\n')).replaceAll('\n', '\n    ');
}
