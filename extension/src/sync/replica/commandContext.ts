import { PalmtreeError } from '../../errors';
import type { Reporter, ServerBinding } from '../ports/serverBinding';
import type { Replica } from './replica';

/** The paths of a folder's storage, which is outside the workspace folder. */
export interface StorageFolders {
  /** Commands complete and verify files here. Between commands, it has at most what an interrupted one has received. */
  readonly staging: string;
  /** Commands keep here what they replace or delete in the workspace folder. */
  readonly backups: string;
  /** The file that names the session of a push that did not end. */
  readonly openPush: string;
  /** The file that names a push whose commit has not been acknowledged. */
  readonly pendingCommit: string;
  /** The folder for the packs that a push sends. It exists only meanwhile. */
  readonly packs: string;
  /** The file that records the active merges. */
  readonly merges: string;
}

/** The parts that a command works with, if it needs no server. */
export interface LocalContext {
  readonly replica: Replica;
  readonly folders: StorageFolders;
  readonly reporter: Reporter;
}

/** The parts that a command works with. */
export interface CommandContext extends LocalContext {
  readonly server: ServerBinding;
}

export function throwIfCancelled({ reporter }: Pick<LocalContext, 'reporter'>): void {
  if (reporter.signal.aborted) throw new PalmtreeError('cancelled', 'cancelled');
}
