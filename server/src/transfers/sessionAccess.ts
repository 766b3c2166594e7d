import { rsyncUpgrade } from '../contract/frames';
import { httpTransfer } from './fileCoding';

/** The fields of a new session's response by which its client reaches the session's folder. */
export function sessionAccess(id: string, password: string) {
  return { id, module: id, password, upgrade: rsyncUpgrade, http: httpTransfer };
}
