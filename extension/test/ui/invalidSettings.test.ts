import { describe, expect } from 'vitest';
import { picture } from '../support/workbench/picture';
import { it } from '../support/workbench/uiTest';

describe('settings that are not valid', () => {
  it('are named in a warning, which opens them where the folder has them', async ({ desk }) => {
    await desk.configure({ 'palmtree.modes': 7, 'palmtree.autoMerge': 'yes' });
    const window = await desk.open();
    const text = await window.notifications.text('not valid');
    expect(text).toContain('palmtree.modes (one of "auto", "keep", "ignore"), palmtree.autoMerge (true or false)');
    await window.notifications.click('not valid', 'Open Settings');
    const editor = window.page.locator('.settings-editor');
    await editor.getByText('2 Settings Found').waitFor();
    await picture(window, 'invalidSettings');
    await editor.locator('.settings-target-container .checked').getByText('Workspace').waitFor();
  });
});
