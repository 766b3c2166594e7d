import { Command, InvalidArgumentError } from 'commander';
import { OperatorError } from '../../errors';
import { dataOption, prepareDataFolder, type DataOption } from '../dataFolder';
import { limitHeapGrowth } from '../limitHeapGrowth';
import { startServer } from '../startServer';
import { stopOnSignal } from '../stopOnSignal';

interface ServeOptions extends DataOption {
  readonly host: string;
  readonly port: number | false;
  readonly untilUnused?: boolean;
  readonly rsync: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly allowOldRsync?: boolean;
  readonly keepFree?: number;
  readonly gc: boolean;
}

export function serveCommand(version: string, print: (line: string) => void): Command {
  return new Command('serve')
    .description('run the server')
    .option('--host <address>', 'the address to listen on', '127.0.0.1')
    .option('--port <number>', 'the port to listen on; 0 chooses a free one', parsePort, 7337)
    .option('--no-port', 'listen on no port: serve only clients that connect by ssh')
    .option('--until-unused', 'stop when the last client that connects by ssh has left')
    .addOption(dataOption())
    .option('--tls-cert <file>', 'a TLS certificate; with --tls-key, serve HTTPS')
    .option('--tls-key <file>', 'the private key of the certificate')
    .option('--rsync <path>', 'the rsync command', 'rsync')
    .option('--allow-old-rsync', 'accept an rsync with known security holes')
    .option(
      '--keep-free <MB>',
      'disk space that pushes leave free (default: 256, or 5 % of a smaller disk)',
      parseMegabytes,
    )
    .option('--no-gc', 'do not run gc at the start and once a day')
    .action(async (options: ServeOptions) => {
      limitHeapGrowth();
      const running = await startServer({
        version,
        listen: { host: options.host, port: options.port, ...tlsOf(options) },
        dataFolder: prepareDataFolder(options.data),
        rsync: options.rsync,
        allowOldRsync: options.allowOldRsync === true,
        keptBytes: options.keepFree,
        collectsGarbage: options.gc,
        stopsWhenUnused: options.untilUnused === true,
      });
      stopOnSignal(running);
      print(JSON.stringify({ event: 'listening', url: running.url }));
      await running.over;
      await running.stop();
    });
}

function tlsOf({ tlsCert, tlsKey }: ServeOptions) {
  if (tlsCert === undefined && tlsKey === undefined) return {};
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new OperatorError('HTTPS needs a certificate and its key. Give both --tls-cert and --tls-key.');
  }
  return { tls: { certFile: tlsCert, keyFile: tlsKey } };
}

/** Returns bytes. */
function parseMegabytes(value: string): number {
  if (/^[0-9]{1,9}$/.test(value)) return Number(value) * 2 ** 20;
  throw new InvalidArgumentError('The space is a whole number of megabytes.');
}

function parsePort(value: string): number {
  const port = Number(value);
  if (/^[0-9]+$/.test(value) && port <= 65_535) return port;
  throw new InvalidArgumentError('A port is a number from 0 to 65535.');
}
