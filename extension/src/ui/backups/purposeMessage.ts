import { l10n } from 'vscode';

const texts: Readonly<Record<string, () => string>> = {
  resolved: () => l10n.t('conflict resolved'),
  'left-out': () => l10n.t('left out here'),
  discarded: () => l10n.t('local changes discarded'),
  restored: () => l10n.t('restore from a backup'),
  merge: () => l10n.t('before a merge'),
  'aborted-merge': () => l10n.t('merge aborted'),
};

/** The reason for a backup, from the end of its folder's name: `r7`, `undone-r7`, `restored-r7`, `resolved`, … */
export function purposeMessage(purpose: string): string {
  const [, command, revision] = /^(?:(undone|restored)-)?r(\d+)$/.exec(purpose) ?? [];
  if (revision === undefined) return texts[purpose]?.() ?? purpose;
  if (command === 'undone') return l10n.t('pull of r{0} undone', revision);
  return command === 'restored' ? l10n.t('restore of r{0}', revision) : l10n.t('pull of r{0}', revision);
}
