import * as vscode from 'vscode';
import { plainLine, withoutIcons, withoutLinks } from '../../messages/plainText';

/** The texts of an item may have text from outside; `icon` is the name of a theme icon. */
type Item = vscode.QuickPickItem & { readonly icon?: string };

interface PickOptions {
  readonly title?: string;
  readonly placeHolder: string;
  readonly matchOnDescription?: boolean;
}

/** Lets the user pick an item; undefined for Escape. */
export async function pickOne<T extends Item>(items: readonly T[], options: PickOptions): Promise<T | undefined> {
  return (await vscode.window.showQuickPick(shownItems(items), plainOptions(options)))?.item;
}

/** Lets the user pick items; undefined for Escape. */
export async function pickMany<T extends Item>(
  items: readonly T[],
  options: PickOptions,
): Promise<readonly T[] | undefined> {
  const picked = await vscode.window.showQuickPick(shownItems(items), { ...plainOptions(options), canPickMany: true });
  return picked?.map(({ item }) => item);
}

/** A list that stays open until its owner disposes it. */
interface PickList<T extends Item> {
  /** With `canSelectMany`, checks the items for which `isSelected` returns true. */
  readonly setItems: (items: readonly T[], isSelected?: (item: T) => boolean) => void;
  /** Checks those of the items for which `isSelected` returns true. */
  readonly select: (isSelected: (item: T) => boolean) => void;
  readonly setTitle: (title: string) => void;
  readonly list: Omit<vscode.QuickPick<ShownItem<T>>, 'items' | 'title' | 'placeholder'>;
}

interface ShownItem<T> extends vscode.QuickPickItem {
  readonly item: T;
}

export function createPickList<T extends Item>({ title, placeHolder }: PickOptions): PickList<T> {
  const list = vscode.window.createQuickPick<ShownItem<T>>();
  list.title = title === undefined ? undefined : plainLine(title);
  list.placeholder = plainLine(placeHolder);
  return {
    list,
    select: (isSelected) => void (list.selectedItems = list.items.filter(({ item }) => isSelected(item))),
    setTitle: (text) => void (list.title = plainLine(text)),
    setItems: (items, isSelected) => {
      const shown = shownItems(items);
      list.items = shown;
      if (isSelected !== undefined) list.selectedItems = shown.filter(({ item }) => isSelected(item));
    },
  };
}

/** VS Code makes links and icons of a prompt and of a validation message. */
export function createTextBox(prompt: string) {
  const box = vscode.window.createInputBox();
  box.prompt = withoutLinks(prompt);
  return {
    box: box as Omit<vscode.InputBox, 'prompt' | 'validationMessage'>,
    showFault: (fault: string | undefined) => {
      box.validationMessage = fault === undefined ? undefined : withoutLinks(fault);
    },
  };
}

function plainOptions({ title, placeHolder, ...rest }: PickOptions) {
  return { ...rest, ...(title !== undefined && { title: plainLine(title) }), placeHolder: plainLine(placeHolder) };
}

function shownItems<T extends Item>(items: readonly T[]): ShownItem<T>[] {
  return items.map((item) => ({ ...shownItem(item), item }));
}

function shownItem({
  icon,
  label,
  description,
  detail,
  kind,
  picked,
  alwaysShow,
  buttons,
}: Item): vscode.QuickPickItem {
  const text = withoutIcons(label);
  return {
    label: icon === undefined ? text : `$(${icon}) ${text}`,
    ...(description !== undefined && { description: withoutIcons(description) }),
    ...(detail !== undefined && { detail: withoutIcons(detail) }),
    ...(kind !== undefined && { kind }),
    ...(picked !== undefined && { picked }),
    ...(alwaysShow !== undefined && { alwaysShow }),
    ...(buttons !== undefined && { buttons }),
  };
}
