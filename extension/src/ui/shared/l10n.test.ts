import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const all = join(import.meta.dirname, '../..');
const sources = readdirSync(all, { recursive: true, encoding: 'utf8' })
  .filter((name) => /^(messages|ui)[/\\]/.test(name) && name.endsWith('.ts') && !name.endsWith('.test.ts'))
  .map((name) => ({ name, text: readFileSync(join(all, name), 'utf8') }));

const literal = String.raw`'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"`;

function matches(pattern: RegExp): string[] {
  return sources.flatMap(({ name, text }) => [...text.matchAll(pattern)].map(([found]) => `${name}: ${found}`));
}

describe('the messages of the user interface', () => {
  it('are string literals, which a tool can extract for translation', () => {
    expect(matches(new RegExp(String.raw`l10n\.t\((?!\s*(?:${literal})\s*[,)]).{0,60}`, 'g'))).toEqual([]);
  });

  it('number their placeholders from 0', () => {
    const calls = new RegExp(String.raw`l10n\.t\(\s*(${literal})`, 'g');
    const messages = sources.flatMap(({ text }) => [...text.matchAll(calls)].map(([, message = '']) => message));
    expect(messages.length).toBeGreaterThan(200);
    const misnumbered = messages.filter((message) => {
      const numbers = new Set([...message.matchAll(/\{(\w*)\}/g)].map(([, number]) => number));
      return [...numbers].some((number) => !(Number(number) < numbers.size));
    });
    expect(misnumbered).toEqual([]);
  });

  it('are never raw literals in dialogs, notifications and rows', () => {
    const calls = String.raw`(?:show\w*Message|showInStatusBar|setStatusBarMessage|new vscode\.TreeItem)\(\s*`;
    const names = 'title|prompt|placeHolder|placeholder|label|description|detail|tooltip|message|text|word';
    const shown = new RegExp(`(?:${calls}|\\b(?:${names})(?::| =) )(?:${literal}|\`[^\`]*\`)`, 'g');
    const raw = matches(shown).filter((found) => {
      const text = found.slice(found.search(/['"`]/)).replaceAll(/\$\{[^}]*\}|\$\([^)]*\)|Palmtree/g, '');
      return /[a-z]{2}/i.test(text);
    });
    expect(raw).toEqual([]);
  });
});
