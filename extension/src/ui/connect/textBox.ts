import * as vscode from 'vscode';
import { PalmtreeError } from '../../errors';
import { messageFor } from '../shared/errorMessages';
import { createTextBox } from '../shared/quickInput';

/** The answer of a user who goes back to the previous step. */
export const back = Symbol('back');

/** Rejects an answer: the box stays open and shows the message. */
export class InvalidAnswer extends Error {
  override readonly name = 'InvalidAnswer';
}

/** A question that the user answers by typing. */
export interface TextQuestion<T> {
  readonly title: string;
  /** Its number, if it is one of several steps. */
  readonly step?: number;
  readonly prompt: string;
  readonly placeholder?: string;
  readonly value?: string;
  readonly isSecret?: boolean;
  /** Returns the fault in the text so far; not called while the box is empty. */
  readonly hint?: (text: string) => string | undefined;
  /** Turns the text into the answer. Throws InvalidAnswer or a PalmtreeError, which the box shows. */
  readonly check: (text: string, signal: AbortSignal) => T | Promise<T>;
}

export const totalSteps = 3;

/** Asks in a box that stays open until the text is accepted. Throws cancelled when the user closes it. */
export function askInBox<T>(question: TextQuestion<T>): Promise<T | typeof back> {
  const { box, showFault } = createBox(question);
  let running = new AbortController();
  const stop = (): void => {
    running.abort();
    box.busy = false;
  };
  return new Promise<T | typeof back>((resolve, reject) => {
    const accept = async (): Promise<void> => {
      if (box.busy) return;
      running = new AbortController();
      const { signal } = running;
      showFault(undefined);
      box.busy = true;
      try {
        const answer = await question.check(box.value.trim(), signal);
        if (!signal.aborted) resolve(answer);
      } catch (error) {
        if (!signal.aborted) showFault(messageOf(error));
      } finally {
        if (!signal.aborted) box.busy = false;
      }
    };
    box.onDidAccept(() => void accept());
    box.onDidChangeValue((text) => {
      // The check of the previous text no longer counts.
      stop();
      showFault(text.trim() === '' ? undefined : question.hint?.(text.trim()));
    });
    box.onDidTriggerButton(() => resolve(back));
    box.onDidHide(() => reject(new PalmtreeError('cancelled', `${question.title}: the box was closed`)));
    box.show();
  }).finally(() => {
    stop();
    box.dispose();
  });
}

function createBox({ title, step, prompt, placeholder, value = '', isSecret = false }: TextQuestion<unknown>) {
  const { box, showFault } = createTextBox(prompt);
  box.title = title;
  box.step = step;
  box.totalSteps = step && totalSteps;
  box.placeholder = placeholder;
  box.value = value;
  box.password = isSecret;
  box.ignoreFocusOut = true;
  if (step !== undefined && step > 1) box.buttons = [vscode.QuickInputButtons.Back];
  return { box, showFault };
}

function messageOf(error: unknown): string {
  return error instanceof InvalidAnswer ? error.message : messageFor(error).text;
}
