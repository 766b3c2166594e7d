import * as vscode from 'vscode';
import type { TreeList } from '../../../../server/src/contract/schemas';
import { isPalmtreeError, PalmtreeError } from '../../errors';
import { Client } from '../../io/api/client';
import { checkTreeName, isUnencrypted, parseServerUrl, withScheme } from './serverAddress';
import { askInBox, back, totalSteps } from './textBox';
import { messageFor } from '../shared/errorMessages';

const title = 'Palmtree: Connect';
const whatATreeIs = 'A tree is a named set of files on the server; your other machines pick the same one.';
const anAddress = 'An address looks like https://sync.example.org';

export interface SignedIn {
  readonly client: Client;
  readonly token: string;
  readonly trees: TreeList['trees'];
}

/** The address of a palmtree-server that answers. Throws cancelled. */
export async function askForAddress(value: string): Promise<URL> {
  const answer = await askInBox({
    title,
    step: 1,
    prompt: 'Address of your palmtree-server',
    placeholder: 'https://sync.example.org',
    value,
    hint: (text) => (isAddress(text) ? undefined : anAddress),
    check: async (text, signal) => {
      if (!isAddress(text)) throw new Error(text === '' ? `Type the address of your server. ${anAddress}.` : anAddress);
      const url = parseServerUrl(withScheme(text));
      await acceptUnencrypted(url);
      await findServer(url, signal);
      return url;
    },
  });
  if (answer === back) throw new PalmtreeError('cancelled', 'there is no step before the first');
  return answer;
}

/** A token that the server accepts; `known` is kept when nothing is typed. Throws cancelled. */
export function askForToken(url: URL, known: string | undefined): Promise<SignedIn | typeof back> {
  const made = 'palmtree-server token create NAME';
  return askInBox({
    title,
    step: 2,
    prompt: `Token for ${url.host}${known === undefined ? '' : ' (leave empty to keep the one that is stored)'}`,
    placeholder: `made on the server by: ${made}`,
    isSecret: true,
    check: async (text, signal) => {
      const token = text || known;
      if (token === undefined) throw new Error(`Paste the token that the server printed at: ${made}`);
      if (!/^[\x21-\x7e]+$/.test(token)) throw new Error('A token is one word of letters, digits and "_".');
      const client = new Client(url.href, token);
      try {
        await client.whoami(signal);
      } catch (error) {
        if (!isPalmtreeError(error, 'unauthorized')) throw error;
        throw new Error(`${url.host} does not accept this token. Make a new one there: ${made}`);
      }
      const { trees } = await client.trees(signal);
      return { client, token, trees };
    },
  });
}

/** A tree that is on the server; a new one is made. Throws cancelled. */
export async function askForTree({ client, trees }: SignedIn, suggestion: string): Promise<string | typeof back> {
  for (;;) {
    const picked = trees.length > 0 ? await pickTree(trees) : undefined;
    if (picked !== undefined) return picked;
    const made = await askForNewTree(client, suggestion);
    if (made !== back || trees.length === 0) return made;
  }
}

/** Undefined stands for a new one. */
function pickTree(trees: TreeList['trees']): Promise<string | typeof back | undefined> {
  const create: vscode.QuickPickItem = { label: '$(add) New tree…' };
  const known = trees.map(({ name, revision }) => ({ label: name, description: `revision ${revision}` }));
  const list = vscode.window.createQuickPick();
  list.title = title;
  list.step = totalSteps;
  list.totalSteps = totalSteps;
  list.placeholder = whatATreeIs;
  list.ignoreFocusOut = true;
  list.buttons = [vscode.QuickInputButtons.Back];
  list.items = [...known, create];
  return new Promise<string | typeof back | undefined>((resolve, reject) => {
    list.onDidAccept(() => {
      const [item] = list.selectedItems;
      if (item !== undefined) resolve(item === create ? undefined : item.label);
    });
    list.onDidTriggerButton(() => resolve(back));
    list.onDidHide(() => reject(new PalmtreeError('cancelled', 'no tree was picked')));
    list.show();
  }).finally(() => list.dispose());
}

function askForNewTree(client: Client, value: string): Promise<string | typeof back> {
  return askInBox({
    title,
    step: totalSteps,
    prompt: `Name of the new tree. ${whatATreeIs}`,
    value,
    hint: treeNameHint,
    check: async (text, signal) => {
      if (text === '') throw new Error(`Type a name for the tree. ${whatATreeIs}`);
      await client.makeTree(checkTreeName(text), signal);
      return text;
    },
  });
}

function isAddress(text: string): boolean {
  try {
    parseServerUrl(withScheme(text));
    return true;
  } catch {
    return false;
  }
}

function treeNameHint(text: string): string | undefined {
  try {
    checkTreeName(text);
    return undefined;
  } catch (error) {
    return error instanceof PalmtreeError ? messageFor(error).text : String(error);
  }
}

async function acceptUnencrypted(url: URL): Promise<void> {
  if (!isUnencrypted(url)) return;
  const proceed = 'Connect Anyway';
  const detail = 'The token and the files could be read on the way. Over anything but your own network, use https.';
  const options = { modal: true, detail };
  const answer = await vscode.window.showWarningMessage(`${url.host} is not encrypted.`, options, proceed);
  if (answer !== proceed) throw new Error('This address is not encrypted. Type one that begins with https://');
}

/** Throws when nothing answers there, or something else does. No token is sent yet, which our server says. */
async function findServer(url: URL, signal: AbortSignal): Promise<void> {
  try {
    await new Client(url.href, '').whoami(signal);
  } catch (error) {
    if (!isPalmtreeError(error, 'unauthorized')) throw error;
  }
}
