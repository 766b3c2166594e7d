import { describe, expect } from 'vitest';
import { picture } from '../support/workbench/picture';
import { it } from '../support/workbench/uiTest';

const files = { 'notes/plan.md': 'dig\n', 'notes/seeds.md': 'beans\n' };

describe('the notification after a command of the user', () => {
  it('names what was pushed, and undoes the push', async ({ desk, laptop }) => {
    const window = await desk.openInSync(laptop, files);
    await desk.write('notes/plan.md', 'dig\nplant\n');
    await desk.delete('notes/seeds.md');
    await window.pending('↑2');
    await window.clickStatusBarItem();
    expect(await window.notifications.text('Pushed')).toBe(
      'Palmtree: Pushed notes/plan.md. Deleted notes/seeds.md on the server.',
    );
    await picture(window, 'done', { panel: true });
    await window.notifications.click('Pushed', 'Undo');
    await window.answerDialog('Undo push r2 by desk', 'Undo Push');
    await window.notifications.text('Push r2 undone');
    expect(await desk.pathsOnServer()).toEqual(['notes/plan.md', 'notes/seeds.md']);
    expect(await desk.onServer('notes/plan.md')).toBe('dig\n');
  });

  it('names what was pulled and pushed by a sync, and undoes the pull', async ({ desk, laptop }) => {
    const window = await desk.openInSync(laptop, files);
    await laptop.write('notes/plan.md', 'dig\nplant\n');
    await laptop.write('notes/new.md', 'new\n');
    await laptop.push();
    await desk.write('notes/seeds.md', 'beans\npeas\n');
    await window.pending('↑1 ↓2');
    await window.clickStatusBarItem();
    expect(await window.notifications.text('Pulled')).toBe(
      'Palmtree: Pulled 2 files: notes/new.md, notes/plan.md. Pushed notes/seeds.md.',
    );
    await window.notifications.click('Pulled', 'Undo Pull');
    await desk.becomes('notes/plan.md', 'dig\n');
    await window.pending('↓2');
    expect(await desk.onServer('notes/seeds.md')).toBe('beans\npeas\n');
  });
});
