import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  colorIds,
  commandIds,
  contextKeys,
  fileHistoryViewId,
  gitViewId,
  planViewId,
  serverViewId,
  settingDefaults,
  treeHistoryViewId,
  trackedViewId,
} from './ids';
import { settingSchemas, type SettingSchema } from './settingSchema';

interface Manifest {
  contributes: {
    commands: { command: string; title: string; icon?: string; enablement?: string }[];
    configuration: { properties: Record<string, Partial<SettingSchema> & { default: unknown }> };
    menus: Record<string, { command?: string; submenu?: string; when?: string; group?: string }[]>;
    submenus: { id: string }[];
    colors: { id: string }[];
    views: Record<string, { id: string }[]>;
    languageModelTools: unknown;
    viewsWelcome: { when: string; contents: string }[];
  };
}

const read = (name: string) => readFileSync(new URL(`../../../../${name}`, import.meta.url), 'utf8');
const source = read('package.json');
const manifest = JSON.parse(source) as Manifest;
const { contributes } = manifest;
const texts = JSON.parse(read('package.nls.json')) as Record<string, string>;

describe('package.json and the table of ids', () => {
  it('have the same commands', () => {
    expect(contributes.commands.map(({ command }) => command).sort()).toEqual(Object.values(commandIds).sort());
  });

  it('have the same settings with the same defaults', () => {
    const stated = Object.entries(contributes.configuration.properties).map(([id, { default: value }]) => [id, value]);
    const known = Object.entries(settingDefaults).map(([name, value]) => [`palmtree.${name}`, value]);
    expect(Object.fromEntries(stated)).toEqual(Object.fromEntries(known));
  });

  it('check settings by the same schemas', () => {
    const stated = Object.entries(contributes.configuration.properties).map(([id, property]) => {
      const { type, enum: options, minimum, maximum } = property;
      return [id, { type, enum: options, minimum, maximum }];
    });
    const known = Object.entries(settingSchemas).map(([name, schema]) => [`palmtree.${name}`, schema]);
    expect(Object.fromEntries(stated)).toEqual(Object.fromEntries(known));
  });

  it('know each command in the menus and each context key in the conditions', () => {
    const items = Object.values(contributes.menus).flat();
    const commands = items.flatMap(({ command }) => command ?? []);
    expect(Object.values(commandIds)).toEqual(expect.arrayContaining(commands));
    const submenus = contributes.submenus.map(({ id }) => id);
    expect(items.flatMap(({ submenu }) => submenu ?? []).every((id) => submenus.includes(id))).toBe(true);
    const views = [trackedViewId, planViewId, serverViewId, fileHistoryViewId, treeHistoryViewId, gitViewId];
    const colors = Object.values(colorIds);
    expect(contributes.colors.map(({ id }) => id)).toEqual(colors);
    const ids = [...Object.values(commandIds), ...Object.values(contextKeys)];
    const known: string[] = [...ids, ...colors, ...views, ...submenus];
    const mentioned = [
      ...(source + Object.values(texts).join('\n')).matchAll(
        /palmtree\.(?!svg|mjs|json|palmtree-sync)[a-zA-Z]+(?:\.[a-zA-Z]+)*/g,
      ),
    ].map(([id]) => id);
    const settings = Object.keys(contributes.configuration.properties);
    expect(mentioned.filter((id) => !known.includes(id) && !settings.includes(id))).toEqual([]);
  });

  it('takes each text from package.nls.json, and all of them', () => {
    const used = [...source.matchAll(/"%([^"%]+)%"/g)].map(([, key = '']) => key);
    expect(used.sort()).toEqual(Object.keys(texts).sort());
    // Language models read the names and descriptions of inputs.
    const { languageModelTools: _, ...forUsers } = contributes;
    const shown = JSON.stringify({ ...manifest, contributes: forUsers }, undefined, 1);
    const literals = [...shown.matchAll(/"(title|name|contents|description|markdownDescription)": "(.+)"/g)];
    const raw = literals.flatMap(([, , text = '']) => (text.startsWith('%') ? [] : [text]));
    expect([...new Set(raw)].sort()).toEqual(['Palmtree', 'palmtree-sync']);
  });
});

const titleOf = (title: string): string => texts[title.slice(1, -1)] ?? '';
const commands = contributes.commands.map((command) => ({ ...command, title: titleOf(command.title) }));
const paletteRules = new Map(contributes.menus['commandPalette']?.map(({ command, when }) => [command, when]));
const inPalette = commands.filter(({ command }) => paletteRules.get(command) !== 'false');

/** The items of a menu that are drawn as icons. */
const toolbarItems = (menu: string) => {
  const items = contributes.menus[menu] ?? [];
  return items.filter(({ group = '' }) => /^(navigation|inline)/.test(group));
};

describe('the commands of package.json', () => {
  it('have titles in Title Case, except that of the Explorer', () => {
    const small = /^(a|an|and|as|at|by|for|from|in|of|on|or|the|to|with)$/;
    const isTitleCase = (title: string): boolean =>
      title
        .split(/[ (]+/)
        .every((word, index) => /^[A-Z.]/.test(word) || (index > 0 && small.test(word.replace('…', ''))));
    expect(commands.filter(({ title }) => !isTitleCase(title)).map(({ title }) => title)).toEqual(['Track for sync']);
  });

  it('have a title of their own in the palette', () => {
    const titles = inPalette.map(({ title }) => title);
    expect(titles.filter((title, index) => titles.indexOf(title) !== index)).toEqual([]);
  });

  it('are in the palette only while they can work', () => {
    const always = ['palmtree.showLog', 'palmtree.showTerminal'];
    const depends = ({ command, enablement = '' }: (typeof commands)[number]): boolean =>
      /palmtree\.|workspaceFolderCount/.test(`${enablement} ${paletteRules.get(command) ?? ''}`);
    expect(inPalette.filter((command) => !depends(command)).map(({ command }) => command)).toEqual(always);
    const known = commands.map(({ command }) => command);
    expect([...paletteRules.keys()].filter((command) => !known.includes(command ?? ''))).toEqual([]);
  });

  it.each(['view/title', 'editor/title', 'view/item/context'])('have icons in the toolbars of %s', (menu) => {
    const iconOf = new Map(commands.map(({ command, icon }) => [command, icon]));
    const without = toolbarItems(menu).filter(({ command }) => iconOf.get(command ?? '') === undefined);
    expect(without).toEqual([]);
  });

  it('have titles that make sense alone in the toolbars, where a screen reader reads nothing else', () => {
    const shown = ['view/title', 'editor/title', 'view/item/context'].flatMap(toolbarItems);
    const titles = new Map(commands.map(({ command, title }) => [command, title]));
    const vague = /^(Add|Clear|Close|Filter|More|Open|Refresh|Remove|Reset|Show)\b\W*$/;
    expect(shown.filter(({ command = '' }) => vague.test(titles.get(command) ?? ''))).toEqual([]);
  });

  it('have different icons in one toolbar', () => {
    const iconOf = new Map(commands.map(({ command, icon }) => [command, icon]));
    const views = [trackedViewId, planViewId, serverViewId, fileHistoryViewId, treeHistoryViewId];
    for (const view of views) {
      const shown = toolbarItems('view/title').filter(({ when = '' }) => when.includes(view));
      const icons = new Set(shown.map(({ command = '' }) => iconOf.get(command)));
      expect(icons.size).toBe(new Set(shown.map(({ command }) => command)).size);
    }
  });

  it('are the same in the submenus of the Explorer and of editors, which also track', () => {
    const [explorer, editor] = ['palmtree.explorer', 'palmtree.editor'].map((menu) =>
      (contributes.menus[menu] ?? []).map(({ command }) => command),
    );
    expect(editor).toEqual(['palmtree.track', 'palmtree.untrack', ...(explorer ?? [])]);
  });

  it('are documented by their ids', () => {
    const documented = [...read('docs/commands.md').matchAll(/^\| `(palmtree\.\w+)` \| (.*?) \| /gm)];
    const ids = documented
      .map(([, id]) => id)
      .filter((id) => !Object.values<string | undefined>(contextKeys).includes(id));
    expect(new Set(ids)).toEqual(new Set([...inPalette.map(({ command }) => command), 'palmtree.track']));
    for (const [, id, title] of documented) {
      const command = commands.find((each) => each.command === id);
      if (command !== undefined) expect(title).toBe(command.title);
    }
  });
});
