const fixed: Readonly<Record<string, string>> = {
  resolved: 'conflict decided',
  merge: 'before a merge',
  'given-up': 'merge given up',
};

/** What a backup was made for, from the end of its folder's name. */
export function purposeMessage(purpose: string): string {
  const [, what = '', revision] = /^(?:(undone|restored)-)?(r\d+)$/.exec(purpose) ?? [];
  if (revision === undefined) return fixed[purpose] ?? purpose;
  if (what === 'undone') return `pull of ${revision} undone`;
  return what === 'restored' ? `restore of ${revision}` : `pull of ${revision}`;
}
