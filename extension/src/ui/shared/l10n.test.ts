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

/** Each message as the source writes it. */
const literals = sources.flatMap(({ text }) =>
  [...text.matchAll(new RegExp(String.raw`l10n\.t\(\s*(${literal})`, 'g'))].map(([, message = '']) => message),
);
const messages = [...new Set(literals.map((message) => valueOf(message)))];

/** The text of a string literal. */
function valueOf(source: string): string {
  const inner = source.slice(1, -1).replaceAll(/\\(['`])/g, '$1');
  return JSON.parse(`"${source.startsWith('"') ? inner : inner.replaceAll('"', String.raw`\"`)}"`) as string;
}

describe('the messages of the user interface', () => {
  it('are string literals, which a tool can extract for translation', () => {
    expect(matches(new RegExp(String.raw`l10n\.t\((?!\s*(?:${literal})\s*[,)]).{0,60}`, 'g'))).toEqual([]);
  });

  it('number their placeholders from 0', () => {
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

const languages = ['de', 'es', 'fr', 'ja', 'ko', 'zh-cn'];
const root = join(all, '../..');
const readTexts = (name: string) => JSON.parse(readFileSync(join(root, name), 'utf8')) as Record<string, string>;
/** The parts that a translation must keep: placeholders, icons, targets of links. */
const kept = (text: string): string[] => (text.match(/\{\d+\}|\$\([\w-]+\)|\]\([^)]*\)/g) ?? []).sort();

describe.each(languages)('the translation into %s', (language) => {
  const english = Object.fromEntries(messages.map((message) => [message, message]));
  it.each([
    [`l10n/bundle.l10n.${language}.json`, english],
    [`package.nls.${language}.json`, readTexts('package.nls.json')],
  ])('%s has every text, with the same placeholders, icons and links', (name, expected) => {
    const translated = readTexts(name);
    expect(Object.keys(translated).sort()).toEqual(Object.keys(expected).sort());
    const changed = Object.entries(expected).filter(
      ([key, text]) => translated[key]?.trim() === '' || kept(translated[key] ?? '').join() !== kept(text).join(),
    );
    expect(changed).toEqual([]);
  });
});
