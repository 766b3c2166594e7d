import { chmod, mkdir, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { deflateSync, crc32 } from 'node:zlib';
import { setInFile } from './workbenchSettings.mts';

const files: Readonly<Record<string, string>> = {
  'README.md': `# A demo workspace

Everything here is an ordinary file. Track a folder, push it, change something, push again.

1. Right-click \`notes\` in the explorer and choose **Track for sync**.
2. Click the arrow in the status bar to push.
3. Open this folder's files on another machine, or in a second window on an empty folder, and pull.
`,
  'notes/ideas.md': '# Ideas\n\n- A palm is a tree without branches\n- Everything that was pushed can be restored\n',
  'notes/2026/shopping list.md': '# Shopping\n\n- [ ] coconuts\n- [x] rope\n- [ ] a second bucket\n',
  'notes/2026/Überblick.md': '# Überblick\n\nNames with spaces and umlauts are synced like all others.\n',
  'measurements/tides.csv': tides(),
  'config/site.json': `${JSON.stringify({ title: 'Palm beach', languages: ['en', 'de', 'ja'], retries: 3 }, null, 2)}\n`,
  'config/local.env': 'LOG_LEVEL=debug\nDATABASE=tides.sqlite\n',
  'scripts/report.sh':
    '#!/bin/sh\n# The highest tide of the file.\nsort -t, -k2 -n "$(dirname "$0")/../measurements/tides.csv" | tail -n 1\n',
  'empty.txt': '',
};

/** Creates a workspace with files of many kinds. Leaves an existing one as it is. */
export async function makeDemoWorkspace(folder: string): Promise<void> {
  if (await stat(join(folder, 'README.md')).catch(() => undefined)) return;
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  await chmod(join(folder, 'scripts/report.sh'), 0o755);
  await mkdir(join(folder, 'pictures'), { recursive: true });
  await writeFile(join(folder, 'pictures/sunset.png'), sunset(320, 200));
  // Windows permits links only to administrators and developers.
  await symlink('notes/ideas.md', join(folder, 'latest.md')).catch(() => undefined);
}

/** Binds the folder to the server in its workspace settings. */
export async function connectDemoWorkspace(folder: string, serverUrl: string): Promise<void> {
  await mkdir(join(folder, '.vscode'), { recursive: true });
  await setInFile(join(folder, '.vscode/settings.json'), { 'palmtree.serverUrl': serverUrl, 'palmtree.tree': 'demo' });
}

function tides(): string {
  const rows = Array.from({ length: 200 }, (_, hour) => {
    const metres = 2 + 1.5 * Math.sin((hour / 12.42) * 2 * Math.PI);
    return `${new Date(Date.UTC(2026, 0, 1, hour)).toISOString()},${metres.toFixed(3)}`;
  });
  return ['time,metres', ...rows, ''].join('\n');
}

/** Computes a PNG, as an example of a binary file. */
function sunset(width: number, height: number): Buffer {
  const rows = Buffer.alloc(height * (1 + width * 3));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const sun = Math.hypot(x - width / 2, y - height * 0.6) < 40;
      const sea = y > height * 0.7;
      const wave = sea ? 12 * Math.sin(x / 9 + y / 3) : 0;
      const color = sea
        ? [30 + wave, 70 + wave, 120 + wave]
        : sun
          ? [255, 224, 130]
          : [240 - y / 2, 110 + y / 3, 90 + y / 2];
      rows.set(color, y * (1 + width * 3) + 1 + x * 3);
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'ascii'), content]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(content.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}
