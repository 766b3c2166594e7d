import { describe, expect, it } from 'vitest';
import type { TreeItem } from 'vscode';
import { DrawnRows } from './drawnRows';

interface Row {
  readonly name: string;
  readonly state?: string;
}

/** A view with the rows in `content`, by the name of the row above them, all drawn. */
function drawnView(content: Record<string, readonly Row[]>) {
  const rows = new DrawnRows<Row>({
    idOf: ({ name }) => name,
    childrenOf: (row) => (content[row?.name ?? ''] ?? []).map((child) => ({ ...child })),
    itemOf: ({ name, state }) => ({ label: name, contextValue: state ?? '' }),
  });
  const draw = (row?: Row): TreeItem[] => {
    return rows.children(row).flatMap((child) => [rows.item(child), ...(child.name in content ? draw(child) : [])]);
  };
  draw();
  return { rows, draw };
}

const folder = { name: 'notes' };
const file = { name: 'notes/plan.md' };
const other = { name: 'todo.md' };

describe('rows that are drawn', () => {
  it('are not drawn again while they look the same', () => {
    const { rows } = drawnView({ '': [folder, other], notes: [file] });
    expect(rows.takeChanged()).toEqual([]);
  });

  it('are not drawn again before VS Code has asked for them', () => {
    const content: Record<string, readonly Row[]> = { '': [folder, other], notes: [file] };
    const { rows, draw } = drawnView(content);
    content[''] = [other];
    expect(rows.takeChanged()).toBeUndefined();
    content[''] = [folder];
    expect(rows.takeChanged()).toEqual([]);
    draw();
    content[''] = [other];
    expect(rows.takeChanged()).toBeUndefined();
  });

  it('are drawn again by themselves when they look different, and once', () => {
    const content: Record<string, readonly Row[]> = { '': [folder, other], notes: [file] };
    const { rows } = drawnView(content);
    content['notes'] = [{ ...file, state: 'modified' }];
    expect(rows.takeChanged()).toEqual([{ ...file, state: 'modified' }]);
    expect(rows.takeChanged()).toEqual([]);
  });

  it('are drawn again when their checkbox or what a click opens has changed', () => {
    let [checkboxState, target] = [1, 'r1'];
    const rows = new DrawnRows<Row>({
      idOf: ({ name }) => name,
      childrenOf: (row) => (row === undefined ? [file, other] : []),
      itemOf: ({ name }) => ({ label: name, ...(name === file.name ? { checkboxState } : {}) }),
      targetOf: ({ name }) => name === other.name && target,
    });
    for (const row of rows.children()) rows.item(row);
    expect(rows.takeChanged()).toEqual([]);
    checkboxState = 0;
    expect(rows.takeChanged()).toEqual([file]);
    target = 'r2';
    expect(rows.takeChanged()).toEqual([other]);
  });

  it('remain the same objects, since VS Code knows them by these', () => {
    const content: Record<string, readonly Row[]> = { '': [folder, other], notes: [file] };
    const { rows } = drawnView(content);
    const [before] = rows.children();
    content[''] = [{ ...folder, state: 'modified' }, other];
    expect(rows.takeChanged()?.[0]).toBe(before);
    expect(before).toMatchObject({ state: 'modified' });
  });

  it('are drawn again when a row in them is added or removed, without the others', () => {
    const content: Record<string, readonly Row[]> = { '': [folder, other], notes: [file] };
    const { rows, draw } = drawnView(content);
    content['notes'] = [file, { name: 'notes/new.md' }];
    expect(rows.takeChanged()).toEqual([folder]);
    draw(folder);
    content['notes'] = [{ name: 'notes/new.md' }];
    expect(rows.takeChanged()).toEqual([folder]);
  });

  it('bring the rows in them when they are drawn again', () => {
    const content: Record<string, readonly Row[]> = { '': [folder, other], notes: [file] };
    const { rows } = drawnView(content);
    content[''] = [{ ...folder, state: 'modified' }, other];
    content['notes'] = [{ ...file, state: 'modified' }];
    expect(rows.takeChanged()).toEqual([{ ...folder, state: 'modified' }]);
  });

  it('are named to VS Code together, and not at all if none changed', () => {
    const content: Record<string, readonly Row[]> = { '': [folder, other], notes: [file] };
    const { rows } = drawnView(content);
    const fired: unknown[] = [];
    const event = { fire: (changed: unknown) => fired.push(changed) };
    rows.redraw(event);
    content[''] = [folder, { ...other, state: 'modified' }];
    rows.redraw(event, [folder]);
    expect(fired).toEqual([[{ ...other, state: 'modified' }, folder]]);
  });

  it('are all drawn again when one is added at the top, or when there are very many', () => {
    const content: Record<string, readonly Row[]> = { '': [other] };
    const { rows } = drawnView(content);
    content[''] = [folder, other];
    expect(rows.takeChanged()).toBeUndefined();
    const many = Array.from({ length: 2_000 }, (_, i) => ({ name: `file ${i}` }));
    expect(drawnView({ '': many }).rows.takeChanged()).toBeUndefined();
  });
});
