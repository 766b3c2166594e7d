import { execFileSync } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { pushFiles, type Desk } from '../support/workbench/desk';
import { picture } from '../support/workbench/picture';
import { it } from '../support/workbench/uiTest';
import type { WorkbenchWindow } from '../support/workbench/workbenchWindow';
import { until, type Machine } from '../sync/machine';

interface Machines {
  readonly desk: Desk;
  readonly laptop: Machine;
}

const plan = 'notes/plan.md';
const seeds = 'notes/seeds.md';
const files = { [plan]: '# Garden\n', [seeds]: '# Seeds\n' };
const automatic = { 'palmtree.pullOn': 'change', 'palmtree.pushOn': 'save' };

describe("another machine's push", () => {
  it('is shown with its author', async ({ desk, laptop }) => {
    const window = await desk.openInSync(laptop, files);
    await laptop.write(plan, "# Garden\n\nthe laptop's\n");
    await laptop.push();
    await window.pending('↓1');
    const item = window.statusBarItem('push');
    const label = () => item.locator('a').getAttribute('aria-label');
    await expect.poll(label).toBe('Palmtree: 1 to pull, by laptop, just now');
    await item.hover();
    await window.page.locator('.workbench-hover').getByText('by laptop, just now').waitFor();
    expect(await desk.read(plan)).toBe('# Garden\n');
    expect(await window.notifications.all.count()).toBe(0);
  });

  it('is pulled once pullOn says so', async ({ desk, laptop }) => {
    const window = await desk.openInSync(laptop, files);
    await laptop.write(plan, "# Garden\n\nthe laptop's\n");
    await laptop.push();
    await window.pending('↓1');
    await desk.configure({ 'palmtree.pullOn': 'change' });
    await desk.becomes(plan, "# Garden\n\nthe laptop's\n");
    await window.inSync();
    await laptop.write(seeds, '# Seeds\n\nbeans\n');
    await laptop.push();
    await desk.becomes(seeds, '# Seeds\n\nbeans\n');
    await window.inSync();
    expect(await window.notifications.all.count()).toBe(0);
  });
});

describe('a save', () => {
  it('is pushed when pushOn says so', async ({ desk, laptop }) => {
    const window = await openAutomatic({ desk, laptop }, files);
    await window.editor.open('plan.md');
    await window.editor.append('water\n');
    await window.editor.save();
    const { head } = await until(laptop, ({ counts }) => counts.incoming === 1);
    expect(head).toMatchObject({ author: 'desk' });
    await laptop.pull();
    expect(await laptop.read(plan)).toBe(await desk.read(plan));
    await window.inSync();
    expect(await window.notifications.all.count()).toBe(0);
  });
});

describe('a change by another program', () => {
  it('is pushed when pushOn says so', async ({ desk, laptop }) => {
    await desk.configure({ 'palmtree.pushOn': 'change' });
    const window = await desk.openInSync(laptop, files);
    await desk.write(plan, '# Garden\n\nby a build\n');
    await until(laptop, ({ counts }) => counts.incoming === 1);
    expect(await desk.onServer(plan)).toBe('# Garden\n\nby a build\n');
    await window.inSync();
    expect(await window.notifications.all.count()).toBe(0);
  });
});

describe('the pause of automation', () => {
  it('lasts over a reload until the user resumes it', async ({ desk, laptop }) => {
    const window = await openAutomatic({ desk, laptop }, files);
    await window.runCommand('Palmtree: Pause Automation');
    const paused = window.statusBarItem('push').locator('.codicon-debug-pause');
    await paused.waitFor();
    await window.reload();
    await laptop.write(seeds, '# Seeds\n\nbeans\n');
    await laptop.push();
    await window.pending('↓1');
    await paused.waitFor();
    await window.statusBarItem('push').hover();
    const hover = window.page.locator('.workbench-hover');
    await hover.getByText('until you resume it').waitFor();
    await picture(window, 'paused', { panel: true });
    expect(await desk.read(seeds)).toBe('# Seeds\n');
    await hover.getByRole('link', { name: 'Resume Automation' }).click();
    await desk.becomes(seeds, '# Seeds\n\nbeans\n');
    await window.inSync();
    expect(await paused.count()).toBe(0);
  });
});

describe('a git merge in one of two folders', () => {
  it('delays pushes and pulls there until it has ended, and nothing in the other', async ({
    desk,
    laptop,
    scratch,
    tree,
    createDesk,
    openLaptop,
    openWindow,
  }) => {
    const other = await createDesk('other', `${tree}-other`);
    const otherLaptop = await openLaptop(other.tree);
    await pushFiles(laptop, files);
    await pushFiles(otherLaptop, { 'notes/palms.md': '# Palms\n', [seeds]: '# Seeds\n' });
    for (const each of [desk, other]) {
      await each.openAndPull(2);
      await each.configure(automatic);
    }
    const workspace = join(scratch, 'both.code-workspace');
    await writeFile(workspace, JSON.stringify({ folders: [{ path: 'desk' }, { path: 'other' }] }));
    const window = await openWindow(workspace);
    await window.activated();
    await window.inSync();

    execFileSync('git', ['init', '--quiet'], { cwd: desk.folder });
    const merge = desk.path('.git/MERGE_HEAD');
    await writeFile(merge, `${'0'.repeat(40)}\n`);
    // Each change in the other folder comes later than one in this folder, which would have been synced before.
    for (const name of ['plan.md', 'palms.md']) {
      await window.editor.open(name);
      await window.editor.append('water\n');
      await window.editor.save();
    }
    await until(otherLaptop, ({ counts }) => counts.incoming === 1);
    expect(await desk.head()).toBe(1);
    await otherLaptop.pull();
    for (const machine of [laptop, otherLaptop]) {
      await machine.write(seeds, '# Seeds\n\nbeans\n');
      await machine.push();
    }
    await other.becomes(seeds, '# Seeds\n\nbeans\n');
    expect(await desk.read(seeds)).toBe('# Seeds\n');

    await rm(merge);
    await desk.becomes(seeds, '# Seeds\n\nbeans\n');
    await until(laptop, ({ counts }) => counts.incoming === 1);
    await window.inSync();
    expect(await window.notifications.all.count()).toBe(0);
  });
});

describe('a file that both changed in different places, with pushOn and pullOn', () => {
  it('is merged with a notification, and pushed only by the user', async ({ desk, laptop }) => {
    const window = await openAutomatic({ desk, laptop }, { ...files, [seeds]: lines('one', 'five') });
    await desk.write(seeds, lines('one', 'FIVE'));
    await window.pending('↑1');
    await laptop.write(seeds, lines('ONE', 'five'));
    await laptop.push();
    await desk.becomes(seeds, lines('ONE', 'FIVE'));
    expect(await window.notifications.text('merged')).toContain('Check the result, then push');
    await window.notifications.close('merged');
    // A later save is pushed without it.
    await window.editor.open('plan.md');
    await window.editor.append('water\n');
    await window.editor.save();
    await until(laptop, ({ counts }) => counts.incoming === 1);
    expect(await desk.onServer(seeds)).toBe(lines('ONE', 'five'));
    await window.pending('↑1');
    await window.runCommand('Palmtree: Push');
    await window.inSync();
    expect(await desk.onServer(seeds)).toBe(lines('ONE', 'FIVE'));
  });
});

describe('a conflict, with pushOn and pullOn', () => {
  it('is reported once, and neither version is changed', async ({ desk, laptop }) => {
    const window = await openAutomatic({ desk, laptop }, files);
    await desk.write(seeds, '# Seeds\n\nmine\n');
    await window.pending('↑1');
    await laptop.write(seeds, '# Seeds\n\ntheirs\n');
    await laptop.push();
    expect(await window.notifications.text('changed here and on the server')).toContain(
      'until you resolve the conflict',
    );
    await window.pending('!1');
    await laptop.write(plan, 'more\n');
    await laptop.push();
    await window.pending('↓1 !1');
    await expect.poll(() => window.notifications.all.count()).toBe(1);
    await window.notifications.click('changed here and on the server', 'Show');
    await window.view('Tracked Files').row('notes').waitFor();
    expect(await desk.read(seeds)).toBe('# Seeds\n\nmine\n');
    expect(await desk.read(plan)).toBe('# Garden\n');
  });
});

/** Opens the folder with automatic pushes and pulls, which pull these files of the laptop. */
async function openAutomatic(
  { desk, laptop }: Machines,
  files: Readonly<Record<string, string>>,
): Promise<WorkbenchWindow> {
  await pushFiles(laptop, files);
  await desk.configure(automatic);
  // The first pull of a tree that others push to is the user's.
  return desk.openAndPull(Object.keys(files).length);
}

function lines(first: string, last: string): string {
  return `${first}\ntwo\nthree\nfour\n${last}\n`;
}
