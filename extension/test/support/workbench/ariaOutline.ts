import type { Locator } from 'playwright-core';

/** The elements that a screen reader names. The others have the glyphs of icons, and texts that are in the names too. */
const named = /^ *- (?<element>(?:button|checkbox|textbox|treeitem) ".*)$/;

/**
 * The accessible names in an element, one a line, with the states of the elements: Playwright's aria snapshot without what
 * changes from run to run. `DATE` and `AGO` stand for dates and ages.
 */
export async function ariaOutline(locator: Locator): Promise<string[]> {
  const snapshot = await locator.ariaSnapshot();
  return snapshot.split('\n').flatMap((line) => {
    const { element = '' } = named.exec(unquoted(line))?.groups ?? {};
    if (element === '') return [];
    const states = [...element.matchAll(/ \[(?:checked|expanded)\]/g)].join('');
    const name = /^\w+ "(?:[^"\\]|\\.)*"/.exec(element)?.[0] ?? '';
    return [`${withoutTimes(name)}${states}`];
  });
}

/** YAML quotes a line that has a colon in a name. */
function unquoted(line: string): string {
  const [, indent, quoted] = /^( *)- '(.*)':?.*$/.exec(line) ?? [];
  return quoted === undefined ? line : `${indent}- ${quoted.replaceAll("''", "'")}`;
}

function withoutTimes(name: string): string {
  return name.replaceAll(/[A-Z][a-z]{2} \d{1,2}, \d{4}/g, 'DATE').replaceAll(/just now|\d+ minutes? ago/g, 'AGO');
}
