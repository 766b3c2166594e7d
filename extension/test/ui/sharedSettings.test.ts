import { describe, expect } from 'vitest';
import { it } from '../support/workbench/uiTest';

const settings = '.vscode/settings.json';
const plan = 'notes/plan.md';

describe('a settings file that is synced', () => {
  it('neither binds the folder to another tree nor starts automation', async ({ desk, laptop, tree }) => {
    await desk.write(plan, '# Garden\n');
    const window = await desk.open();
    await window.runCommand('Palmtree: Track Files…');
    await window.quickInput.answer(`notes ${settings}`, 'Files and folders');
    await window.push('↑2');
    const { held } = await laptop.pull();
    expect(held.map(({ path }) => path)).toEqual([settings]);
    await laptop.pull(false, { approved: new Set([settings]) });
    await laptop.write(settings, JSON.stringify({ 'palmtree.tree': 'elsewhere', 'palmtree.pullOn': 'change' }));
    await laptop.push();
    await window.pending('↓1');
    await window.clickStatusBarItem();
    await window.inSync();
    expect(await desk.read(settings)).toContain('elsewhere');

    await laptop.write(plan, '# Garden\n\npeas\n');
    await laptop.push();
    await window.pending('↓1');
    await window.runCommand('Palmtree: Rescan');
    await window.pending('↓1');
    expect(await desk.read(plan)).toBe('# Garden\n');
    await window.reload();
    await window.pending('↓1');
    await window.showContainer('Palmtree');
    await window.view('Tracked Files').header.getByText(tree).waitFor();
    await window.clickStatusBarItem();
    await desk.becomes(plan, '# Garden\n\npeas\n');
  });
});
