/** Stands in for the module `vscode` where there is no editor: in unit tests and on the command line. Messages are English. */

type Value = string | number | boolean;

export const l10n = {
  /** Replaces `{0}`, `{1}`, … */
  t(message: string, ...args: readonly Value[]): string {
    return message.replaceAll(/\{(\d+)\}/g, (placeholder, index: string) => String(args[Number(index)] ?? placeholder));
  },
};

export const env = { language: 'en' };
