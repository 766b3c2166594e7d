/** Stands in for the module `vscode` in unit tests, which run without an editor. Messages are English. */

type Value = string | number | boolean;

export const l10n = {
  /** Replaces `{0}`, `{1}`, … */
  t(message: string, ...args: readonly Value[]): string {
    return message.replaceAll(/\{(\d+)\}/g, (placeholder, index: string) => String(args[Number(index)] ?? placeholder));
  },
};

export const env = { language: 'en' };
