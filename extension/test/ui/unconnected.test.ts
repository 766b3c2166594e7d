import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { it } from '../support/uiTest';

it('shows its view, its commands and Track for sync in a folder without a tree', async ({ scratch, openWindow }) => {
  await writeFile(join(scratch, 'notes.md'), '# Notes\n');
  const window = await openWindow(scratch);
  await window.activated();
  await expect.poll(() => window.explorer.contextMenuItems('notes.md')).toContain('Track for sync');
  await window.showContainer('Palmtree');
  await window.view('Tracked Files').welcomeButton('Connect to Server').waitFor();
  await expect.poll(() => window.commandTitles('Palmtree: ')).toContain('Palmtree: Connect to Server…');
});
