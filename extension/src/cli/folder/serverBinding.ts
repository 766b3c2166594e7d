import { join } from 'node:path';
import { Packer } from '../../io/packs/packer';
import { probeRsync } from '../../io/rsync/rsyncProbe';
import { withoutProgress } from '../../io/rsync/rsyncProgress';
import type { Transport } from '../../io/transfer/transferRequest';
import { transfer } from '../../io/transferFiles';
import { plainLine, plainOutput } from '../../messages/plainText';
import { httpInsteadMessage } from '../../messages/rsyncMessage';
import { packMessage, retryMessage, transferSummary, transferTitle } from '../../messages/progressMessages';
import type { ServerBinding, TransferScreen, TransferTitle } from '../../sync/ports/serverBinding';
import type { Output } from '../terminal/output';
import { dist } from './dist';
import type { Invocation } from './invocation';

export interface BoundTree {
  /** The server's address. */
  readonly address: string;
  /** Empty for a server that is reached by ssh. */
  readonly token: string;
  readonly tree: string;
  /** The rsync command. */
  readonly rsync: string;
  readonly transport: Transport;
}

/** A tree on its server; transfers show themselves on the output of the command. */
export function serverBinding(
  { out, clients }: Pick<Invocation, 'out' | 'clients'>,
  { address, token, tree, rsync, transport }: BoundTree,
): ServerBinding {
  return {
    client: clients.open(address, token),
    tree,
    findRsync: async () => {
      await probeRsync(rsync);
      return rsync;
    },
    transport: () => transport,
    openScreen: (title) => screenFor(out, title),
    transfer,
    openPacker: () => new Packer(join(dist, 'packWorker.js')),
  };
}

/** Shows rsync's lines where the user wants them; its own progress would be in the way of the status line. */
function screenFor(out: Output, title: TransferTitle): TransferScreen {
  const line = (text: string): void => {
    if (out.isVerbose) out.foreign(`${plainLine(text)}\n`);
  };
  const lines = withoutProgress({ write: (text) => out.foreign(plainOutput(text)) });
  line(transferTitle(title));
  return {
    interrupted: new AbortController().signal,
    write: (text) => {
      if (out.isVerbose) lines.write(text);
    },
    carrier: (carrier) => {
      if (carrier.kind === 'http' && carrier.instead !== undefined) out.note(httpInsteadMessage(carrier.instead));
    },
    pack: (pack) => line(packMessage(pack)),
    retrying: (failure, pauseMs) => out.note(retryMessage(failure, pauseMs)),
    end: (outcome) => line(transferSummary(outcome)),
  };
}
