import * as vscode from 'vscode';
import { plainLine, plainLines, withoutIcons, withoutLinks } from '../../messages/plainText';

export type Severity = 'error' | 'warning' | 'information';

/** Shows a notification, whose text may have text from outside. Returns the title of the button that the user picks. */
export async function showNotification(
  severity: Severity,
  text: string,
  ...actions: readonly string[]
): Promise<string | undefined> {
  return methods(severity)(withoutLinks(text), ...actions);
}

/** A button of a dialog; `isCloseAffordance` takes the place of Cancel. */
type Button = string | vscode.MessageItem;

/**
 * Asks in a dialog. Returns the title of the picked button; undefined for Cancel. Paths in `detail`, which may have several
 * lines, must have none themselves: see `pathList`.
 */
export async function showModal(
  severity: Severity,
  message: string,
  detail: string | undefined,
  ...buttons: readonly Button[]
): Promise<string | undefined> {
  const options = { modal: true, ...(detail !== undefined && { detail: plainLines(detail) }) };
  const items = buttons.map((button) => (typeof button === 'string' ? { title: button } : button));
  return (await methods(severity)(plainLine(message), options, ...items))?.title;
}

/** Shows a result that needs no attention, for a few seconds. */
export function showInStatusBar(text: string, durationMs = 5_000): void {
  void vscode.window.setStatusBarMessage(`Palmtree: ${withoutIcons(text)}`, durationMs);
}

/** Shows that `work` runs, in a notification that can cancel it. */
export function showProgress(title: string, work: (notification: ProgressNotification) => Promise<unknown>): void {
  const options = { location: vscode.ProgressLocation.Notification, title: withoutLinks(title), cancellable: true };
  void vscode.window.withProgress(options, (progress, token) =>
    work({
      report: (message, increment) =>
        progress.report({ message: withoutLinks(message), ...(increment !== undefined && { increment }) }),
      onCancel: (cancel) => void token.onCancellationRequested(cancel),
    }),
  );
}

export interface ProgressNotification {
  /** `increment` is in percent. */
  readonly report: (message: string, increment?: number) => void;
  readonly onCancel: (cancel: () => void) => void;
}

/** Shows that `work` runs, at the top of a view. */
export async function showProgressInView(viewId: string, work: Promise<unknown>): Promise<void> {
  await vscode.window.withProgress({ location: { viewId } }, () => work);
}

function methods(severity: Severity) {
  const { window } = vscode;
  return {
    error: window.showErrorMessage,
    warning: window.showWarningMessage,
    information: window.showInformationMessage,
  }[severity];
}
