import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { shellWord } from '../../core/shellWord';
import { socketVariable, type SshQuestion, type SshQuestions } from './sshQuestion';

/** Asks the user, until `signal` is aborted: then ssh has ended. Resolves with undefined if the user gives no answer. */
export type Ask = (question: SshQuestion, signal: AbortSignal) => Promise<string | undefined>;

/**
 * Opens a way for ssh to ask, over a socket in a folder that only this user can enter. `askpass` is the bundled program, which
 * this process's own Node runs. Throws if the folder for temporary files cannot have it.
 */
export async function openQuestions(askpass: string, ask: Ask): Promise<SshQuestions> {
  const folder = await mkdtemp(join(tmpdir(), 'palmtree-ssh-'));
  try {
    return await openQuestionsIn(folder, askpass, ask);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function openQuestionsIn(folder: string, askpass: string, ask: Ask): Promise<SshQuestions> {
  const [program, path] = [join(folder, 'askpass'), join(folder, 'socket')];
  // In VS Code, the program of this process is Electron.
  const command = `ELECTRON_RUN_AS_NODE=1 exec ${shellWord(process.execPath)} ${shellWord(askpass)} "$@"`;
  await writeFile(program, `#!/bin/sh\n${command}\n`, { mode: 0o700 });
  await chmod(folder, 0o700);
  const closed = new AbortController();
  let wasCancelled = false;
  let waiting = 0;
  let answeredAt = performance.now();
  const answer = async (socket: Socket): Promise<void> => {
    waiting++;
    try {
      const given = await ask(JSON.parse(await text(socket)) as SshQuestion, closed.signal);
      wasCancelled ||= given === undefined;
      socket.end(JSON.stringify({ answer: given }));
    } finally {
      waiting--;
      answeredAt = performance.now();
    }
  };
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    closed.signal.addEventListener('abort', () => socket.destroy());
    answer(socket).catch(() => socket.destroy());
  });
  server.listen(path);
  await once(server, 'listening');
  return {
    environment: {
      SSH_ASKPASS: program,
      SSH_ASKPASS_REQUIRE: 'force',
      // ssh before 8.4 asks in this way only if there is a display.
      DISPLAY: process.env['DISPLAY'] ?? ':0',
      [socketVariable]: path,
    },
    isOnTerminal: false,
    get wasCancelled() {
      return wasCancelled;
    },
    idleMs: () => (waiting > 0 ? 0 : performance.now() - answeredAt),
    close: () => {
      closed.abort();
      server.close();
      void rm(folder, { recursive: true, force: true });
    },
  };
}
