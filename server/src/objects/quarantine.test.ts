import { lstatSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { temporaryFolder } from '../../test/temporaryFolder';
import { stampFrom } from './fileStamp';
import { quarantine } from './quarantine';

let folder: string;
let object: string;
let quarantineFolder: string;

beforeEach(() => {
  folder = temporaryFolder();
  object = join(folder, 'object');
  quarantineFolder = join(folder, 'quarantine');
  writeFileSync(object, 'damaged');
});

const stampOfObject = () => stampFrom(lstatSync(object, { bigint: true }));

test('a content that is damaged again takes another name, and the earlier file stays', () => {
  expect(quarantine(object, stampOfObject(), quarantineFolder)).toBe('object');
  writeFileSync(object, 'damaged again');
  expect(quarantine(object, stampOfObject(), quarantineFolder)).toBe('object.2');
  expect(readFileSync(join(quarantineFolder, 'object'), 'utf8')).toBe('damaged');
  expect(readFileSync(join(quarantineFolder, 'object.2'), 'utf8')).toBe('damaged again');
});

test('a file that a push has put in the place of the damaged one stays', () => {
  const stamp = stampOfObject();
  writeFileSync(join(folder, 'received'), 'whole');
  renameSync(join(folder, 'received'), object);
  expect(quarantine(object, stamp, quarantineFolder)).toBeUndefined();
  expect(readFileSync(object, 'utf8')).toBe('whole');
  expect(readdirSync(folder)).toEqual(['object']);
});
