// Starts the program. Node keeps what it has compiled of it, which saves a seventh of the time of a short command.
import { existsSync } from 'node:fs';
import * as module from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { stateFolder } from './state/stateFolder';

const state = stateFolder(process.env, process.platform, homedir());
// In a folder that only the user can write, and never the first thing in it. Node before 22.1 has no such cache.
if (existsSync(state)) module.enableCompileCache?.(join(state, 'compiled'));

await import(new URL('palmtreeProgram.mjs', import.meta.url).href);
