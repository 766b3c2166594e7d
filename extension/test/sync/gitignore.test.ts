import { rm, symlink, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { silent } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();

describe('a .gitignore that cannot be read', () => {
  it('keeps its folder from being pushed or looking deleted, until it can be read', async () => {
    const desk = await fixture.machine({ respectGitignore: true });
    await desk.write('n/lib/old', 'old');
    await desk.write('n/other', '1');
    await desk.sync.track(['n']);
    await desk.push();
    await symlink('nowhere', desk.path('n/lib/.gitignore'));
    await desk.write('n/lib/secret', 'secret');
    await desk.write('n/other', '2');
    await rm(desk.path('n/lib/old'));
    expect(await desk.push()).toMatchObject({ put: 1, deleted: 0 });
    expect(await fixture.pathsOnServer()).toEqual(['n/lib/old', 'n/other']);
    expect(desk.sync.problemAt('n/lib/.gitignore')).toMatchObject({ reason: 'gitignore-link' });

    await rm(desk.path('n/lib/.gitignore'));
    await writeFile(desk.path('n/lib/.gitignore'), 'secret\n');
    await desk.sync.rescan(silent);
    expect(desk.sync.problemAt('n/lib/.gitignore')).toBeUndefined();
    await desk.push();
    expect(await fixture.pathsOnServer()).toEqual(['n/lib/.gitignore', 'n/other']);
  });
});
