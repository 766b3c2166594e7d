import { l10n } from 'vscode';
import type { HeldPath } from '../core/reconcile/dropHeld';

const programTexts: Readonly<Record<NonNullable<HeldPath['by']>, () => string>> = {
  editor: () => l10n.t('an editor and its extensions obey it'),
  container: () => l10n.t('it sets up a container, and can run commands'),
  git: () => l10n.t('git runs or obeys it'),
  environment: () => l10n.t('it sets up the environment of programs'),
  shell: () => l10n.t('shells and programs of your account obey it'),
  packages: () => l10n.t('package managers and interpreters run or obey it'),
  build: () => l10n.t('build tools run it'),
  desktop: () => l10n.t('the desktop runs or obeys it'),
  execute: () => l10n.t('it becomes executable'),
};

/** `.envrc: it sets up the environment of programs`, for a list. */
export function heldLine({ path, by, through }: HeldPath): string {
  if (by === undefined) return path;
  return through === undefined
    ? l10n.t('{0}: {1}', path, programTexts[by]())
    : l10n.t('{0}, as {1}: {2}', path, through, programTexts[by]());
}

/** Explains why a pull leaves a path on the server, and says what to do. */
export function heldMessage({ by, through }: HeldPath): string {
  if (by !== undefined && through !== undefined) {
    return l10n.t(
      'Others push to this tree too. A link makes this file {0}, and {1}. Pull to decide.',
      through,
      programTexts[by](),
    );
  }
  return by === undefined
    ? l10n.t('Others push to this tree too, and this machine does not track it. Pull to decide.')
    : l10n.t('Others push to this tree too, and {0}. Pull to decide.', programTexts[by]());
}
