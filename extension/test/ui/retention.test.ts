import { describe, expect } from 'vitest';
import { it } from '../support/workbench/uiTest';

describe('a history of which the server keeps some revisions only', () => {
  it('says in both views what was removed, and at a click on a file what it cannot be compared with', async ({
    desk,
    laptop,
    server,
  }) => {
    await laptop.write('notes/plan.md', 'dig\n');
    await laptop.sync.track(['notes']);
    await laptop.push();
    for (const text of ['dig\nplant\n', 'dig\nplant\nwater\n']) {
      await laptop.write('notes/plan.md', text);
      await laptop.push();
    }
    await server.keepLast(desk.tree, 1);
    const window = await desk.openAndPull(1);
    await window.showContainer('Palmtree');
    await window.editor.open('plan.md');
    const versions = window.view('File History');
    await versions.row('r3 by laptop').waitFor();
    await expect
      .poll(() => versions.texts())
      .toEqual([expect.stringMatching(/^r3 by laptop .* · 16 bytes$/), '2 versions removed by retention']);
    await versions.row('r3 by laptop').click();
    const said = 'The server no longer has the version of plan.md before r3';
    expect(await window.notifications.text(said)).toContain(
      'its retention policy keeps only some revisions of this tree',
    );

    await window.runCommand('Palmtree: Show Tree History');
    const revisions = window.view('Tree History');
    await revisions.row('r1 by laptop').filter({ hasText: '1 changed · removed by retention' }).waitFor();
    await revisions.expand('r1 by laptop');
    await revisions.row('1 change').filter({ hasText: 'removed by retention' }).waitFor();
    await revisions.collapse('r1 by laptop');
    await revisions.expand('r3 by laptop');
    await revisions.row('plan.md').filter({ hasText: 'changed · previous version removed by retention' }).waitFor();
  });
});
