import * as vscode from 'vscode';
import type { TreeList } from '../../../../server/src/contract/schemas';
import { isPalmtreeError, PalmtreeError } from '../../errors';
import { Client } from '../../io/api/client';
import { isSshAddress } from '../../io/api/sshAddress';
import { unencryptedConfirmation } from '../../messages/confirmations';
import { sentences } from '../../messages/format';
import { messageFor } from '../shared/errorMessages';
import { showModal } from '../shared/notification';
import { createPickList } from '../shared/quickInput';
import { checkTreeName, isUnencrypted, parseServerUrl, withScheme } from '../../io/api/serverAddress';
import { askInBox, back, InvalidAnswer, totalSteps } from './textBox';

const title = vscode.l10n.t('Palmtree: Connect to Server');
const exampleAddress = 'https://sync.example.org';
const exampleSshAddress = 'ssh://me@example.org/srv/palmtree';
const createTokenCommand = 'palmtree-server token create NAME';

export interface SignedIn {
  readonly client: Client;
  readonly token: string;
  readonly trees: TreeList['trees'];
  /** The trees that the token is limited to; null if it is not limited. */
  readonly allowedTrees: readonly string[] | null;
}

/** Asks for the address of a Palmtree server that can be reached. Throws cancelled. */
export async function askForAddress(value: string): Promise<URL> {
  const example = vscode.l10n.t('An address looks like {0} or {1}.', exampleAddress, exampleSshAddress);
  const answer = await askInBox({
    title,
    step: 1,
    prompt: vscode.l10n.t('Address of your Palmtree server'),
    placeholder: exampleAddress,
    value,
    hint: (text) => (isAddress(text) ? undefined : example),
    check: async (text, signal) => {
      if (text === '') throw new InvalidAnswer(vscode.l10n.t('Enter the address of your server. {0}', example));
      if (!isAddress(text)) throw new InvalidAnswer(example);
      const url = parseServerUrl(withScheme(text));
      await acceptUnencrypted(url);
      // ssh may ask in a box of its own, which would close this one.
      if (!isSshAddress(url.href)) await findServer(url, signal);
      return url;
    },
  });
  if (answer === back) throw new PalmtreeError('cancelled', 'there is no step before the first');
  return answer;
}

/** Asks for a token that the server accepts; an empty answer keeps the `stored` one. Throws cancelled. */
export function askForToken(url: URL, stored: string | undefined): Promise<SignedIn | typeof back> {
  return askInBox({
    title,
    step: 2,
    prompt:
      stored === undefined
        ? vscode.l10n.t('Token for {0}', url.host)
        : vscode.l10n.t('Token for {0} (leave empty to keep the stored one)', url.host),
    placeholder: vscode.l10n.t('Created on the server with: {0}', createTokenCommand),
    isSecret: true,
    check: async (text, signal) => {
      const token = text || stored;
      if (token === undefined) {
        throw new InvalidAnswer(vscode.l10n.t('Paste the token that this command printed: {0}', createTokenCommand));
      }
      if (!/^[\x21-\x7e]+$/.test(token)) {
        throw new InvalidAnswer(vscode.l10n.t('A token has no spaces and only ASCII characters.'));
      }
      const client = new Client(url.href, token);
      return signIn(client, token, signal).catch((error: unknown) => {
        if (!isPalmtreeError(error, 'unauthorized')) throw error;
        const text = vscode.l10n.t('{0} does not accept this token.', url.host);
        throw new InvalidAnswer(sentences(text, vscode.l10n.t('Create a new one there with: {0}', createTokenCommand)));
      });
    },
  });
}

/** Asks the server what a client may use. */
export async function signIn(client: Client, token: string, signal?: AbortSignal): Promise<SignedIn> {
  const { trees: allowedTrees } = await client.whoami(signal);
  const { trees } = await client.trees(signal);
  return { client, token, trees, allowedTrees };
}

/** Asks for a tree on the server, or for the name of a new one. Throws cancelled. */
export async function askForTree(signedIn: SignedIn, suggestion: string): Promise<string | typeof back> {
  const { trees, allowedTrees } = signedIn;
  if (allowedTrees !== null) {
    const picked = await pickTree(treeChoices(trees, allowedTrees), false);
    if (picked === back || picked === undefined) return back;
    return picked;
  }
  for (;;) {
    const picked = trees.length > 0 ? await pickTree(treeChoices(trees, []), true) : undefined;
    if (picked !== undefined) return picked;
    const created = await askForNewTree(signedIn, suggestion);
    if (created !== back || trees.length === 0) return created;
  }
}

/** The trees on the server, and those that the token may create. */
function treeChoices(trees: TreeList['trees'], allowed: readonly string[]): vscode.QuickPickItem[] {
  const existing = new Set(trees.map(({ name }) => name));
  return [
    ...trees.map(({ name, revision }) => ({ label: name, description: vscode.l10n.t('revision {0}', revision) })),
    ...allowed
      .filter((name) => !existing.has(name))
      .map((label) => ({ label, description: vscode.l10n.t('new tree') })),
  ];
}

/** Returns undefined if the user wants a new tree, which the list offers if `canCreate`. */
function pickTree(
  items: readonly vscode.QuickPickItem[],
  canCreate: boolean,
): Promise<string | typeof back | undefined> {
  const create = { icon: 'add', label: vscode.l10n.t('New Tree…') };
  const { list, setItems } = createPickList<vscode.QuickPickItem>({ title, placeHolder: aboutTrees() });
  list.step = totalSteps;
  list.totalSteps = totalSteps;
  list.ignoreFocusOut = true;
  list.buttons = [vscode.QuickInputButtons.Back];
  setItems(canCreate ? [...items, create] : items);
  return new Promise<string | typeof back | undefined>((resolve, reject) => {
    list.onDidAccept(() => {
      const [picked] = list.selectedItems;
      if (picked !== undefined) resolve(picked.item === create ? undefined : picked.item.label);
    });
    list.onDidTriggerButton(() => resolve(back));
    list.onDidHide(() => reject(new PalmtreeError('cancelled', 'no tree was picked')));
    list.show();
  }).finally(() => list.dispose());
}

function askForNewTree({ client }: SignedIn, value: string): Promise<string | typeof back> {
  return askInBox({
    title,
    step: totalSteps,
    prompt: vscode.l10n.t('Name of the new tree. {0}', aboutTrees()),
    value,
    hint: treeNameFault,
    check: async (name, signal) => {
      if (name === '') throw new InvalidAnswer(vscode.l10n.t('Enter a name for the tree. {0}', aboutTrees()));
      await client.makeTree(checkTreeName(name), signal);
      return name;
    },
  });
}

function aboutTrees(): string {
  return vscode.l10n.t('A tree is a named set of files on the server; your other machines use the same one.');
}

function isAddress(text: string): boolean {
  try {
    parseServerUrl(withScheme(text));
    return true;
  } catch {
    return false;
  }
}

function treeNameFault(text: string): string | undefined {
  try {
    checkTreeName(text);
    return undefined;
  } catch (error) {
    return messageFor(error).text;
  }
}

async function acceptUnencrypted(url: URL): Promise<void> {
  if (!isUnencrypted(url)) return;
  const { question, detail } = unencryptedConfirmation(url.host);
  const proceed = vscode.l10n.t('Connect Anyway');
  const answer = await showModal('warning', question, detail.join('\n\n'), proceed);
  if (answer !== proceed) {
    throw new InvalidAnswer(
      vscode.l10n.t('The connection would not be encrypted. Enter an address that starts with https://.'),
    );
  }
}

/** Throws unless a Palmtree server answers: it rejects this request, which has no token, as unauthorized. */
async function findServer(url: URL, signal: AbortSignal): Promise<void> {
  try {
    await new Client(url.href, '').whoami(signal);
  } catch (error) {
    if (!isPalmtreeError(error, 'unauthorized')) throw error;
  }
}
