import { describe, expect } from 'vitest';
import { picture } from '../support/workbench/picture';
import { it } from '../support/workbench/uiTest';

const files = { 'notes/list.md': 'spade\n', 'notes/plan.md': 'dig\n' };

describe('the shared rules', () => {
  it('exclude a file for all machines by a menu, and the list of files says why', async ({ desk, laptop }) => {
    const window = await desk.openInSync(laptop, files);
    await desk.write('notes/list.md', 'spade\nhoe\n');
    await window.pending('↑1');
    await window.showContainer('Palmtree');
    const view = window.view('Tracked Files');
    await view.expand('notes');
    await view.contextMenu('list.md', 'Add to .palmtreeignore');
    await view.row('list.md').waitFor({ state: 'hidden' });
    await view.row('.palmtreeignore').waitFor();
    expect((await desk.read('.palmtreeignore')).split('\n').at(-2)).toBe('/notes/list.md');
    expect(await window.notifications.text('excludes')).toContain('.palmtreeignore excludes notes/list.md.');
    await picture(window, 'shared-rules');
    await window.push('↑1');
    expect(await desk.onServer('notes/list.md')).toBe('spade\n');
    await window.runCommand('Palmtree: Track Files…');
    await window.quickInput.filter('notes/');
    await window.quickInput.row('list.md').filter({ hasText: 'excluded by .palmtreeignore' }).waitFor();
    await window.quickInput.cancel();

    const { excluded } = await laptop.pull();
    expect(excluded).toEqual([{ path: 'notes/list.md', by: '.palmtreeignore' }]);
    await laptop.write('.palmtreeignore', '*.md\n');
    await laptop.push();
    await window.pending('↓1');
    await window.clickStatusBarItem();
    await window.notifications.click('notes/plan.md is no longer synced', 'Show Excluded Files');
    await window.quickInput.row('notes/plan.md').filter({ hasText: 'excluded by .palmtreeignore' }).waitFor();
    await picture(window, 'excluded-files');
    await window.quickInput.pick('notes/plan.md');
    await window.editor.tab('plan.md').waitFor();

    await window.runCommand('Palmtree: Open Shared Rules');
    await window.editor.tab('.palmtreeignore').waitFor();
  });

  it('are created by a command, keep what was tracked by name, and share no setting of a machine', async ({ desk }) => {
    await desk.write('notes/plan.md', 'dig\n');
    const window = await desk.open();
    await window.runCommand('Palmtree: Track Files…');
    await window.quickInput.answer('notes/plan.md', 'Files and folders');
    await window.pending('↑1');
    await window.runCommand('Palmtree: Open Shared Rules');
    await window.editor.tab('.palmtreeignore').waitFor();
    await window.pending('↑2');
    expect(await desk.read('.palmtreeignore')).toContain('# Excluding a file deletes it nowhere.');

    await window.explorer.expand('notes');
    await window.explorer.contextMenu('plan.md', 'Palmtree', 'Add to .palmtreeignore');
    const added = await window.notifications.text('excludes');
    expect(added).toContain('Still synced on this machine, because it is tracked by name: notes/plan.md.');
    await window.pending('↑2');

    await desk.write('.palmtree.json', '{ "exclude": ["*.log"], "pushOn": "change", "excludes": [] }');
    const warning = await window.notifications.text('Only each machine itself');
    expect(warning).toContain('"pushOn", so .palmtree.json does not. "excludes" in .palmtree.json is no setting');
    await window.pending('↑3');
    await desk.write('.palmtree.json', '{ "exclude": "*.log" }');
    await window.pending('⊘1');
    await picture(window, 'shared-rules-problem');
  });
});
