import type { Readable } from 'node:stream';
import { greeting } from '../../../../server/src/contract/channels/greeting';
import { PalmtreeError } from '../../errors';

/** The most that the start files of the shell may print before the greeting, in bytes. */
const maxNoiseBytes = 64 << 10;
const [word, number] = greeting.split(' ');

/**
 * Reads the output of `palmtree-server connect` up to the end of its greeting. Resolves with undefined if the greeting is
 * ours, with 'ended' if the output ends before it, and with an error for another greeting or none.
 */
export function readGreeting(output: Readable, address: string): Promise<PalmtreeError | 'ended' | undefined> {
  return new Promise((resolve) => {
    let seen = Buffer.alloc(0);
    const onReadable = (): void => {
      for (;;) {
        const chunk = output.read() as Buffer | null;
        if (chunk === null) return;
        seen = Buffer.concat([seen, chunk]);
        const found = greetingIn(seen);
        if (found !== undefined) {
          const rest = seen.subarray(found.end);
          settle(found.number === number ? undefined : otherVersion(found.number, address));
          if (rest.length > 0) output.unshift(rest);
          return;
        }
        if (seen.length > maxNoiseBytes) return settle(notPalmtree(address));
      }
    };
    const onEnd = (): void => settle('ended');
    function settle(result: PalmtreeError | 'ended' | undefined): void {
      output.off('readable', onReadable).off('end', onEnd).off('close', onEnd);
      resolve(result);
    }
    output.on('readable', onReadable).once('end', onEnd).once('close', onEnd);
  });
}

/** The number in the greeting, and the offset after its line. */
function greetingIn(bytes: Buffer): { readonly number: string; readonly end: number } | undefined {
  const match = new RegExp(String.raw`(?:^|\n)${word} (\d{1,9})\n`).exec(bytes.toString('latin1'));
  return match?.[1] === undefined ? undefined : { number: match[1], end: match.index + match[0].length };
}

function otherVersion(found: string, address: string): PalmtreeError {
  const code = Number(found) < Number(number) ? 'server_too_old' : 'client_too_old';
  return new PalmtreeError(code, `the server connects by version ${found}`, { details: { subject: address } });
}

function notPalmtree(address: string): PalmtreeError {
  return new PalmtreeError('not_a_palmtree_server', 'no palmtree-server greeted', { details: { subject: address } });
}
