import { runToEnd } from '../../src/core/cooperativeTask';
import { remoteChangesSteps } from '../../src/core/wire';
import { Client } from '../../src/io/api/client';
import { RevisionFeed } from '../../src/io/api/revisionFeed';

/** Runs one command against a server in a process of its own, and prints its error's code and the growth of the memory. */
const [command = '', url = ''] = process.argv.slice(2);
const client = new Client(url, 'token', { windowMs: 2_000 });
const entry = { path: 'a', kind: 'file', size: 1, mtimeNs: '0', mode: 0o644, hash: '0'.repeat(64) } as const;

const commands: Record<string, () => Promise<unknown>> = {
  trees: () => client.trees(),
  files: async () => runToEnd(remoteChangesSteps((await client.files('t', 0)).files)),
  compare: () => client.compare('t', 0, 1),
  revision: () => client.revision('t', 1),
  push: () => client.beginPush('t', { base: 0, changes: [{ op: 'put', ...entry }] }),
  content: () => client.content('t', { path: 'a', revision: 1, size: 1 }),
  unknownContent: () => client.content('t', { path: 'a', revision: 1 }),
  events: () =>
    new Promise((_, reject) => {
      new RevisionFeed({
        client,
        tree: 't',
        since: 0,
        onRevision: () => undefined,
        onConnectionState: (state) => void ('error' in state && reject(state.error)),
        onDefect: reject,
      });
    }),
};

await client.whoami();
const before = process.memoryUsage().rss;
const code: unknown = await commands[command]?.().then(
  () => 'none',
  (error: unknown) => (error as { code?: unknown }).code,
);
const grownBytes = process.resourceUsage().maxRSS * 1024 - before;
process.stdout.write(JSON.stringify({ code, grownBytes }), () => process.exit());
