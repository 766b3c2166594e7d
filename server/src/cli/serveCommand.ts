import { Command, InvalidArgumentError } from 'commander';
import { StartError } from '../errors';
import { defaultDataFolder, prepareDataFolder } from './dataFolder';
import { startServer } from './startServer';
import { stopOnSignal } from './stopOnSignal';

interface ServeOptions {
  readonly host: string;
  readonly port: number;
  readonly data: string;
  readonly rsync: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly allowOldRsync?: boolean;
}

export function serveCommand(version: string, print: (line: string) => void): Command {
  return new Command('serve')
    .description('run the server')
    .option('--host <address>', 'the address to listen on', '127.0.0.1')
    .option('--port <number>', 'the port to listen on; 0 takes a free one', parsePort, 7337)
    .option('--data <folder>', 'the data folder', defaultDataFolder)
    .option('--tls-cert <file>', 'a certificate: serve HTTPS')
    .option('--tls-key <file>', "the certificate's key")
    .option('--rsync <path>', 'the rsync to run', 'rsync')
    .option('--allow-old-rsync', 'take an rsync with known security holes')
    .action(async (options: ServeOptions) => {
      const running = await startServer({
        version,
        listen: { host: options.host, port: options.port, ...tlsOf(options) },
        dataFolder: prepareDataFolder(options.data),
        rsync: options.rsync,
        allowOldRsync: options.allowOldRsync === true,
      });
      stopOnSignal(running);
      print(JSON.stringify({ event: 'listening', url: running.url }));
    });
}

function tlsOf({ tlsCert, tlsKey }: ServeOptions) {
  if (tlsCert === undefined && tlsKey === undefined) return {};
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new StartError('--tls-cert and --tls-key go together');
  }
  return { tls: { certFile: tlsCert, keyFile: tlsKey } };
}

function parsePort(value: string): number {
  const port = Number(value);
  if (/^[0-9]+$/.test(value) && port <= 65_535) return port;
  throw new InvalidArgumentError('a port is a number from 0 to 65535');
}
