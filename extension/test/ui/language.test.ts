import { describe, expect } from 'vitest';
import { it } from '../support/workbench/uiTest';

describe('a window in another language', () => {
  it('shows menus, notifications and the palette in it', async ({ desk, openWindowBeside }) => {
    await desk.write('notes/plan.md', 'one');
    const window = await openWindowBeside(desk.folder, 'de');
    await window.activated();
    await window.explorer.contextMenu('notes', 'Für Synchronisierung nachverfolgen');
    await window.push('↑1');
    expect(await window.notifications.text('gepusht')).toBe('Palmtree: notes/plan.md gepusht.');
    expect(await window.commandTitles('Palmtree: Push')).toContain('Palmtree: Push mit Nachricht…');
  });
});
