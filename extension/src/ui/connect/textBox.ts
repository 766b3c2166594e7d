import * as vscode from 'vscode';
import { PalmtreeError } from '../../errors';
import { messageFor } from '../shared/errorMessages';

/** The user goes back to the step before. */
export const back = Symbol('back');

/** One step that is answered by typing. */
export interface TextQuestion<T> {
  readonly title: string;
  readonly step: number;
  readonly prompt: string;
  readonly placeholder?: string;
  readonly value?: string;
  readonly isSecret?: boolean;
  /** What is wrong with what is being typed; not asked while nothing is. */
  readonly hint?: (text: string) => string | undefined;
  /** Makes the answer of what was typed. What it throws is shown in the box, which stays. */
  readonly check: (text: string, signal: AbortSignal) => T | Promise<T>;
}

export const totalSteps = 3;

/** Asks in a box that stays open until what is typed is accepted. Throws cancelled when the user leaves it. */
export function askInBox<T>(question: TextQuestion<T>): Promise<T | typeof back> {
  const box = vscode.window.createInputBox();
  box.title = question.title;
  box.step = question.step;
  box.totalSteps = totalSteps;
  box.prompt = question.prompt;
  box.placeholder = question.placeholder;
  box.value = question.value ?? '';
  box.password = question.isSecret ?? false;
  box.ignoreFocusOut = true;
  if (question.step > 1) box.buttons = [vscode.QuickInputButtons.Back];
  let running = new AbortController();
  /** What runs for a text that is no longer in the box does not count. */
  const stop = (): void => {
    running.abort();
    box.busy = false;
  };
  return new Promise<T | typeof back>((resolve, reject) => {
    const accept = async (): Promise<void> => {
      if (box.busy) return;
      running = new AbortController();
      const { signal } = running;
      box.validationMessage = undefined;
      box.busy = true;
      try {
        const answer = await question.check(box.value.trim(), signal);
        if (!signal.aborted) resolve(answer);
      } catch (error) {
        if (!signal.aborted) box.validationMessage = reasonOf(error);
      } finally {
        if (!signal.aborted) box.busy = false;
      }
    };
    box.onDidAccept(() => void accept());
    box.onDidChangeValue((text) => {
      stop();
      box.validationMessage = text.trim() === '' ? undefined : question.hint?.(text.trim());
    });
    box.onDidTriggerButton(() => resolve(back));
    box.onDidHide(() => reject(new PalmtreeError('cancelled', `${question.title}: left at step ${question.step}`)));
    box.show();
  }).finally(() => {
    stop();
    box.dispose();
  });
}

function reasonOf(error: unknown): string {
  if (error instanceof PalmtreeError) return messageFor(error).text;
  return error instanceof Error ? error.message : String(error);
}
