import { describe, expect } from 'vitest';
import { picture } from '../support/workbench/picture';
import { ScmPart } from '../support/workbench/scmPart';
import { it } from '../support/workbench/uiTest';

const plan = 'notes/plan.md';

describe('the Source Control view', () => {
  it('shows what is to be pushed, opens changes, and pushes them with the typed message', async ({ desk, laptop }) => {
    const window = await desk.openInSync(laptop, { [plan]: 'dig\n', 'notes/old.md': 'old\n', 'notes/more.md': 'x\n' });
    const scm = new ScmPart(window.page);
    await desk.write(plan, 'dig\nplant\n');
    await desk.write('notes/new.md', 'new\n');
    await desk.delete('notes/old.md');
    await window.pending('↑3');
    await window.showContainer('Source Control');
    await scm.group('To Push').waitFor();
    await scm.row('new.md').waitFor();
    await window.badge('Source Control').filter({ hasText: '3' }).waitFor();

    await scm.open('plan.md');
    await window.page.getByRole('tab', { name: 'plan.md (server r1 ↔ local)' }).waitFor();
    await scm.groupAction('To Push', 'Open Changes');
    // The editor takes the focus once it shows the texts.
    await window.page.locator('.multiDiffEntry').filter({ hasText: 'plan.md' }).getByText('plant').waitFor();
    await expect.poll(() => window.page.locator('.multiDiffEntry .status').allInnerTexts()).toEqual(['A', 'D', '']);
    await scm.typeMessage('Plan the spring beds');
    await picture(window, 'scm');
    await scm.pressInInput('Control+Enter');
    await window.inSync();
    await expect
      .poll(async () => (await desk.client.revisions(desk.tree)).revisions[0]?.message)
      .toBe('Plan the spring beds');
    await expect.poll(() => scm.input.innerText()).not.toContain('Plan the spring beds');
    await window.badge('Source Control').waitFor({ state: 'hidden' });
  });

  it('discards one file after a question, with a backup, and brings it back', async ({ desk, laptop }) => {
    const window = await desk.openInSync(laptop, { [plan]: 'dig\n', 'notes/more.md': 'x\n' });
    const scm = new ScmPart(window.page);
    await desk.write(plan, 'mine\n');
    await desk.write('notes/new.md', 'new\n');
    await window.pending('↑2');
    await window.showContainer('Source Control');
    await scm.inlineAction('new.md', 'Discard Local Changes');
    await window.answerDialog('Discard the new file notes/new.md?', 'Discard');
    await window.pending('↑1');
    await scm.inlineAction('plan.md', 'Discard Local Changes');
    await window.answerDialog('Discard the local changes in notes/plan.md?', 'Discard');
    // It hides by itself after some seconds.
    await window.notifications.all.filter({ hasText: 'notes/plan.md' }).getByRole('button', { name: 'Undo' }).click();
    await desk.becomes(plan, 'mine\n');
    await window.pending('↑1');
    expect(await desk.backups()).toEqual(expect.arrayContaining(['mine\n', 'new\n']));
  });

  it('offers to initialize a git repository, beside its groups and without them', async ({ desk, laptop }) => {
    await desk.configure({ 'git.enabled': true });
    const window = await desk.openInSync(laptop, { [plan]: 'dig\n' });
    await desk.write(plan, 'mine\n');
    await window.pending('↑1');
    await window.showContainer('Source Control');
    await new ScmPart(window.page).group('To Push').waitFor();
    await window.view('Git').fold(false);
    await window.view('Git').welcomeButton('Initialize Repository').waitFor();
    await picture(window, 'scm-without-git');
    await desk.configure({ 'palmtree.scm': false });
    await window.view('Git').pane.waitFor({ state: 'detached' });
    await window.page.locator('.part.sidebar').getByRole('button', { name: 'Initialize Repository' }).waitFor();
  });
});
