export interface BackupLimits {
  /** Older backups are deleted. */
  readonly maxAgeDays: number;
  /** The oldest backups are deleted until the others take up no more disk space than this. */
  readonly maxBytes: number;
}

export const defaultBackupLimits: BackupLimits = { maxAgeDays: 30, maxBytes: 1_000_000_000 };

/** This many of the last pulls can always be undone, and this many of the last backups of any kind are kept. */
const alwaysKept = 5;

export interface MeasuredBackup {
  readonly name: string;
  /** An ISO date and time. */
  readonly at: string;
  readonly bytes: number;
  /** It has a record, by which a pull or a decision can be undone. */
  readonly hasRecord: boolean;
  /** An active merge needs it. */
  readonly isInUse: boolean;
}

const dayMs = 86_400_000;

/** Returns the names of the backups beyond the limits. `backups` are sorted with the newest first. */
export function surplusBackups(backups: readonly MeasuredBackup[], limits: BackupLimits, now: Date): Set<string> {
  const oldest = now.getTime() - limits.maxAgeDays * dayMs;
  let records = 0;
  let bytes = 0;
  const surplus = new Set<string>();
  for (const [number, backup] of backups.entries()) {
    const isAmongLast = number < alwaysKept || (backup.hasRecord && records < alwaysKept);
    if (backup.hasRecord) records++;
    const isBeyond = Date.parse(backup.at) < oldest || bytes + backup.bytes > limits.maxBytes;
    if (isBeyond && !isAmongLast && !backup.isInUse) surplus.add(backup.name);
    else bytes += backup.bytes;
  }
  return surplus;
}
