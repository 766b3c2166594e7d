import { describe, expect, it } from 'vitest';
import { commandLineFixture } from './fixture';

const fixture = commandLineFixture();

describe('palmtree ignore', () => {
  it('excludes a folder for all machines, and says what it leaves', async () => {
    const [desk, laptop] = await fixture.synced({ 'n/a': 'a', 'n/my build/x': 'x' });
    const [ignored] = await laptop.events(['ignore', 'n/my build']);
    expect(ignored).toEqual({ event: 'ignored', paths: ['n/my build'], kept: [] });
    expect((await laptop.read('.palmtreeignore')).split('\n').at(-2)).toBe('/n/my build/');
    await laptop.write('n/my build/new', 'new');
    const pushed = (await laptop.events(['push'])).find(({ event }) => event === 'pushed');
    expect(pushed).toMatchObject({ put: 1, deleted: 0 });
    const { stderr } = await laptop.run(['status']);
    expect(stderr).toContain('On the server, and not synced here (1):\n  n/my build/x  excluded by .palmtreeignore');
    expect((await laptop.run(['doctor'])).stdout).toContain('0 in conflict, 1 file excluded by .palmtreeignore');
    expect((await desk.pull()).excluded).toEqual([{ path: 'n/my build/x', by: '.palmtreeignore' }]);
  });

  it('names what a pull ends the sync of, and what cannot be shared', async () => {
    const [desk, laptop] = await fixture.synced({ 'n/a': 'a', 'n/x.log': 'x' });
    await desk.write('.palmtree.json', '{"exclude": ["*.log"], "pushOn": "change"}');
    await desk.push();
    const pulled = await laptop.run(['pull']);
    expect(pulled.stdout).toContain('1 file excluded by .palmtree.json');
    expect(pulled.stderr).toContain('n/x.log is no longer synced, because .palmtree.json excludes it.');
    const { stderr } = await laptop.run(['status']);
    expect(stderr).toContain('Only each machine itself can set "pushOn", so .palmtree.json does not.');
    expect((await laptop.run(['ignore', '.palmtreeignore'])).code).toBe(2);
  });
});
