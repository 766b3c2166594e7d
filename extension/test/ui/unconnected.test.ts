import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { it } from '../support/workbench/uiTest';

it('shows its view, its commands and Track for sync in a folder without a tree', async ({ scratch, openWindow }) => {
  await writeFile(join(scratch, 'notes.md'), '# Notes\n');
  const window = await openWindow(scratch);
  await window.activated();
  await expect.poll(() => window.explorer.contextMenuItems('notes.md')).toContain('Track for sync');
  await window.showContainer('Palmtree');
  await window.view('Tracked Files').welcomeButton('Connect to Server').waitFor();
  await expect.poll(() => window.commandTitles('Palmtree: ')).toContain('Palmtree: Connect to Server…');
});

it('leads a newcomer from the view to the steps of a walkthrough', async ({ scratch, openWindow }) => {
  const window = await openWindow(scratch);
  await window.activated();
  await window.showContainer('Palmtree');
  await window.view('Tracked Files').welcomeButton('How to Get a Server').click();
  const steps = window.page.locator('.getting-started-step');
  await expect
    .poll(() => steps.locator('.step-title').allInnerTexts())
    .toEqual(['Get a Server', 'Connect This Folder', 'Choose Files', 'Push', 'Add Another Machine']);
  await steps.getByText('palmtree-server token create').waitFor();
  await steps.filter({ hasText: 'Connect This Folder' }).click();
  await steps.getByRole('button', { name: 'Connect to Server' }).click();
  await window.quickInput.message.waitFor();
});
