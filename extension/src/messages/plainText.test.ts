import { expect, it } from 'vitest';
import { plainLine, plainLines, plainOutput, withoutIcons, withoutLinks } from './plainText';

/** The pattern by which VS Code finds links in notifications and input boxes. */
const link = /\[([^\]]+)\]\(((?:https?:\/\/|command:|file:)[^)\s]+)(?: (["'])(.+?)(\3))?\)/i;
const icon = /\$\([a-z0-9~-]+\)/i;

it.each([
  'notes/[Show](command:x)',
  '[a](https://example.org "title")',
  '[a][b](file:///etc/passwd)',
  // Without its control character, this would be a link.
  '[Show]\u0000(command:x)',
  '[Show]\u202E(command:x)',
  '[a](b)](command:x)',
])('finds no link in %j', (text) => {
  expect(withoutLinks(text)).not.toMatch(link);
});

it.each(['$(check) safe', '\\$(check)', '$$(sync~spin)', '$\u0007(check)'])('finds no icon in %j', (text) => {
  expect(withoutIcons(text)).not.toMatch(icon);
  expect(withoutLinks(text)).not.toMatch(icon);
});

it('leaves ordinary text as it is', () => {
  const text = 'notes/[draft] (2) – “größer” 日本 שלום 👩‍🌾.md';
  for (const plain of [plainLine, plainLines, plainOutput, withoutIcons, withoutLinks]) expect(plain(text)).toBe(text);
});

it('shows that a name has control characters, line breaks or characters that reorder text', () => {
  expect(plainLine('a\nb\r\u0085c\u001B[2J\u2028\u202Egpj.exe\u2069')).toBe('a�b��c�[2J��gpj.exe�');
});

it('keeps the line breaks of a text with lines', () => {
  expect(plainLines('a\nb\r\u001B')).toBe('a\nb��');
});

it('keeps the line breaks and the progress of rsync in the terminal, but no escape sequence', () => {
  expect(plainOutput('1%\r2%\r\n\ta\u001B]52;c;Y2FsYw==\u0007\u009B2J')).toBe('1%\r2%\r\n\ta�]52;c;Y2FsYw==��2J');
});
