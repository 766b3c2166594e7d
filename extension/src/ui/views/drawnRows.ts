import type * as vscode from 'vscode';

/** More drawn rows than this are not compared: drawing those that are visible takes less time. */
const maxCompared = 1_000;

export interface RowSource<R extends object> {
  /** An id that no other row of the view has. It becomes the `id` of the row's item. */
  readonly idOf: (row: R) => string;
  /** The rows in a row, or at the top of the view. */
  readonly childrenOf: (row: R | undefined) => readonly R[];
  readonly itemOf: (row: R) => vscode.TreeItem;
  /** Invisible content of the row's command that its id does not stand for; compared as JSON. */
  readonly targetOf?: (row: R) => unknown;
}

interface DrawnRow<R> {
  readonly row: R;
  look?: string;
  /** The ids of its children, once VS Code has asked for them. */
  children?: readonly string[];
}

/**
 * The rows of a view as VS Code has them, so that only those that changed are drawn again. While VS Code draws a row, it
 * passes none to the commands in that row's menu, and it draws all rows inside a row that is drawn. So a click at the same
 * time would get lost.
 */
export class DrawnRows<R extends object> {
  readonly #source: RowSource<R>;
  readonly #drawn = new Map<string, DrawnRow<R>>();
  #top: readonly string[] | undefined;

  constructor(source: RowSource<R>) {
    this.#source = source;
  }

  /** The object by which VS Code knows the row with the id of `row`, now with the content of `row`. */
  known(row: R): R {
    const id = this.#source.idOf(row);
    const drawn = this.#drawn.get(id);
    if (drawn !== undefined) return Object.assign(drawn.row, row);
    this.#drawn.set(id, { row });
    return row;
  }

  children(row?: R): R[] {
    const children = this.#source.childrenOf(row).map((child) => this.known(child));
    this.#setChildren(row, children.map(this.#source.idOf));
    return children;
  }

  item(row: R): vscode.TreeItem {
    const item = this.#source.itemOf(row);
    item.id = this.#source.idOf(row);
    const drawn = this.#drawn.get(item.id);
    if (drawn !== undefined) drawn.look = JSON.stringify([...lookOf(item), this.#source.targetOf?.(row)]);
    return item;
  }

  /** Has VS Code draw those rows again that changed, and `others`. */
  redraw(event: Pick<vscode.EventEmitter<R[] | undefined>, 'fire'>, others: readonly R[] = []): void {
    const changed = this.takeChanged();
    if (changed === undefined) event.fire(undefined);
    else if (changed.length + others.length > 0) event.fire([...changed, ...others]);
  }

  /** The rows to draw again, with all rows in them; undefined for the whole view. */
  takeChanged(): R[] | undefined {
    // VS Code has not asked for any row yet, and will. Told to ask anew, it asks twice at once, mixes up its requests for the
    // rows in expanded rows (`TreeDataSource.getChildren`), and leaves some out.
    if (this.#top === undefined) return [];
    const changed: R[] = [];
    const isUnchanged = this.#drawn.size <= maxCompared && this.#compareChildren(undefined, changed);
    if (isUnchanged) return changed;
    this.#drawn.clear();
    this.#top = undefined;
    return undefined;
  }

  /** Returns whether the children of `row` are the same rows, and adds those that changed to `changed`. */
  #compareChildren(row: R | undefined, changed: R[]): boolean {
    const known = row === undefined ? this.#top : this.#drawn.get(this.#source.idOf(row))?.children;
    // VS Code has drawn none.
    if (known === undefined) return row !== undefined;
    const children = this.#source.childrenOf(row);
    if (children.length !== known.length || children.some((child, i) => this.#source.idOf(child) !== known[i]))
      return false;
    for (const child of children) this.#compare(this.known(child), changed);
    return true;
  }

  #compare(row: R, changed: R[]): void {
    const look = this.#drawn.get(this.#source.idOf(row))?.look;
    this.item(row);
    const isSame = look === this.#drawn.get(this.#source.idOf(row))?.look;
    // A row that is drawn again brings all that is in it.
    const inside: R[] = [];
    if (!this.#compareChildren(row, inside) || !isSame) changed.push(row);
    else changed.push(...inside);
  }

  #setChildren(row: R | undefined, children: readonly string[]): void {
    if (row === undefined) this.#top = children;
    else {
      const drawn = this.#drawn.get(this.#source.idOf(row));
      if (drawn !== undefined) drawn.children = children;
    }
  }
}

/** All that is visible of a row, audible, or in its menus. */
function lookOf(item: vscode.TreeItem): unknown[] {
  const { label, description, tooltip, contextValue, collapsibleState, iconPath, accessibilityInformation } = item;
  const hasCommand = item.command !== undefined;
  return [
    label,
    description,
    tooltip,
    contextValue,
    collapsibleState,
    iconPath,
    accessibilityInformation,
    hasCommand,
    item.checkboxState,
  ];
}
