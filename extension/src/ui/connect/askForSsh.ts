import * as vscode from 'vscode';
import type { SshQuestion } from '../../io/ssh/sshQuestion';
import { showModal, showNotification } from '../shared/notification';
import { createTextBox } from '../shared/quickInput';

/** Asks the user what ssh wants to know: whether a host key is right, a passphrase, a password. Undefined for Escape. */
export async function askForSsh({ prompt, kind }: SshQuestion, address: string): Promise<string | undefined> {
  if (kind === 'none') {
    void showNotification('information', prompt);
    return '';
  }
  if (isAboutHostKey(prompt)) return confirmHostKey(prompt);
  if (kind === 'confirm') return confirm(prompt);
  return askForSecret(prompt, address);
}

/** The question about an unknown host key is the one that wants a whole word for an answer. */
function isAboutHostKey(text: string): boolean {
  return /\(yes\/no/.test(text);
}

async function confirmHostKey(prompt: string): Promise<string | undefined> {
  const connect = vscode.l10n.t('Connect');
  const [first = '', ...rest] = prompt.trim().split('\n');
  const detail = rest.filter((line) => !isAboutHostKey(line)).join('\n');
  const advice = vscode.l10n.t('Compare the fingerprint with that of the server before you connect.');
  return (await showModal('warning', first, `${detail}\n${advice}`, connect)) === connect ? 'yes' : undefined;
}

/** The agent asks, for example, whether a key may be used. */
async function confirm(prompt: string): Promise<string | undefined> {
  const allow = vscode.l10n.t('Allow');
  const [first = '', ...rest] = prompt.trim().split('\n');
  return (await showModal('warning', first, rest.join('\n') || undefined, allow)) === allow ? 'yes' : undefined;
}

/** The title names the server: its own words may name another. */
function askForSecret(prompt: string, address: string): Promise<string | undefined> {
  const { box } = createTextBox(prompt);
  box.title = vscode.l10n.t('Palmtree: the ssh connection to {0} asks', address);
  box.password = true;
  box.ignoreFocusOut = true;
  return new Promise<string | undefined>((resolve) => {
    box.onDidAccept(() => resolve(box.value));
    box.onDidHide(() => resolve(undefined));
    box.show();
  }).finally(() => box.dispose());
}
