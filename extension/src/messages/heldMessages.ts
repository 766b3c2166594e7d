import { l10n } from 'vscode';
import type { HeldPath } from '../core/reconcile/dropHeld';

const programTexts: Readonly<Record<NonNullable<HeldPath['by']>, () => string>> = {
  editor: () => l10n.t('editors and their extensions take settings from it'),
  container: () => l10n.t('it sets up a container and can run commands'),
  git: () => l10n.t('git runs it or takes settings from it'),
  environment: () => l10n.t('it sets up the environment of programs'),
  shell: () => l10n.t('shells and programs of your account run it or take settings from it'),
  packages: () => l10n.t('package managers and interpreters run it or take settings from it'),
  build: () => l10n.t('build tools run it'),
  desktop: () => l10n.t('the desktop runs it or takes settings from it'),
  execute: () => l10n.t('it becomes executable'),
};

/** `.envrc: it sets up the environment of programs`, for a list. */
export function heldLine({ path, by, through }: HeldPath): string {
  if (by === undefined) return path;
  return through === undefined
    ? l10n.t('{0}: {1}', path, programTexts[by]())
    : l10n.t('{0}, linked as {1}: {2}', path, through, programTexts[by]());
}

/** Explains why a pull leaves a path on the server, and says what to do. */
export function heldMessage({ by, through }: HeldPath): string {
  if (by !== undefined && through !== undefined) {
    return l10n.t(
      'Held, because others push to this tree too, and a link lets programs use this file as {0}: {1}. Pull to decide.',
      through,
      programTexts[by](),
    );
  }
  return by === undefined
    ? l10n.t('Held, because others push to this tree too, and this machine does not track the file. Pull to decide.')
    : l10n.t(
        'Held, because others push to this tree too, and programs use this file without asking: {0}. Pull to decide.',
        programTexts[by](),
      );
}
