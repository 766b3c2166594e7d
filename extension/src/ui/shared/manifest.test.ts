import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  commandIds,
  contextKeys,
  fileHistoryViewId,
  gitViewId,
  planViewId,
  settingDefaults,
  treeHistoryViewId,
  trackedViewId,
} from './ids';
import { settingSchemas, type SettingSchema } from './settingSchema';

interface Manifest {
  contributes: {
    commands: { command: string }[];
    configuration: { properties: Record<string, Partial<SettingSchema> & { default: unknown }> };
    menus: Record<string, { command: string; when?: string }[]>;
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
    const commands = Object.values(contributes.menus).flatMap((items) => items.map(({ command }) => command));
    expect(Object.values(commandIds)).toEqual(expect.arrayContaining(commands));
    const views = [trackedViewId, planViewId, fileHistoryViewId, treeHistoryViewId, gitViewId];
    const known: string[] = [...Object.values(commandIds), ...Object.values(contextKeys), ...views];
    const mentioned = [
      ...(source + Object.values(texts).join('\n')).matchAll(
        /palmtree\.(?!svg|mjs|palmtree-sync)[a-zA-Z]+(?:\.[a-zA-Z]+)*/g,
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
