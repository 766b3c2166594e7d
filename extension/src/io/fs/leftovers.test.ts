import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { temporaryName } from '../../core/temporaryName';
import { removeLeftovers } from './leftovers';

/** Larger than any process id of Linux, whose highest is 4,194,304 (proc(5)). */
const deadPid = 2 ** 30;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'palmtree-leftovers-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

function named(pid: number): string {
  return join(folder, temporaryName(pid, randomUUID()));
}

it('removes the empty files and folders of dead processes, and no others', () => {
  writeFileSync(named(deadPid), '');
  mkdirSync(named(deadPid));
  const kept = [named(deadPid), named(deadPid), named(process.pid), join(folder, 'mine')];
  const [written = '', filled = '', inUse = '', mine = ''] = kept;
  writeFileSync(written, 'content');
  mkdirSync(join(filled, 'sub'), { recursive: true });
  mkdirSync(inUse);
  mkdirSync(mine);
  removeLeftovers(folder, readdirSync(folder));
  expect(readdirSync(folder).sort()).toEqual(kept.map((path) => path.slice(folder.length + 1)).sort());
});
