import type { Entry } from '../../core/entry';
import type { Observation } from '../../core/observation';
import { modeMask, racyFlag, syncedFlag, type Columns } from './columns';

/**
 * A row that reads its fields from the columns on each access: creating 100,000 objects with all fields took 0.4 s and
 * most of the memory.
 */
export class PackedEntry implements Entry {
  readonly path: string;
  protected readonly columns: Columns;
  protected readonly row: number;
  #hash: string | undefined;

  constructor(path: string, columns: Columns, row: number) {
    this.path = path;
    this.columns = columns;
    this.row = row;
  }

  get kind(): 'file' {
    return 'file';
  }

  get size(): number {
    return this.columns.size(this.row);
  }

  get mtimeNs(): bigint {
    return this.columns.signed(this.row, 0);
  }

  get mode(): number {
    return this.columns.flagsOf(this.row) & modeMask;
  }

  get hash(): string {
    return (this.#hash ??= this.columns.hash(this.row));
  }

  copyTo(columns: Columns, row: number): void {
    columns.copy(row, this.columns, this.row);
  }
}

export class PackedObservation extends PackedEntry implements Observation {
  get ctimeNs(): bigint {
    return this.columns.signed(this.row, 1);
  }

  get ino(): bigint {
    return this.columns.unsigned(this.row, 2);
  }

  get dev(): bigint {
    return this.columns.unsigned(this.row, 3);
  }

  get racy(): boolean {
    return (this.columns.flagsOf(this.row) & racyFlag) !== 0;
  }

  get wasSynced(): boolean {
    return (this.columns.flagsOf(this.row) & syncedFlag) !== 0;
  }
}
