import { packFile } from '../contract/schemas';
import { isSmall } from '../objects/content';
import { bytesOf, packsOf } from '../objects/packs/pack';
import type { PushRecord, Upload } from '../sessions/session';

/** Fewer small files travel alone, so that rsync shows their names and sends differences. */
const minPackedFiles = 256;

/** The ways in which the contents of a push arrive. */
export interface UploadPlan {
  /** As files at their paths. */
  readonly alone: readonly Upload[];
  /** In packs, in this order. */
  readonly packs: readonly (readonly Upload[])[];
  /** An earlier push, which this one resumes, has brought them. */
  readonly brought: readonly Upload[];
}

/** A file that a push declared for its inbox. */
export interface DeclaredFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Undefined for a pack. */
  readonly hash?: string;
}

export interface PlanOptions {
  /** Whether the client can send packs. */
  readonly packs: boolean;
  /** The hashes of contents that an earlier push has brought. */
  readonly brought: ReadonlySet<string>;
  /** The hashes of damaged contents. They arrive as files, which replace damaged objects. */
  readonly damaged: ReadonlySet<string>;
}

export function planUploads(uploads: readonly Upload[], { packs, brought, damaged }: PlanOptions): UploadPlan {
  const missing = uploads.filter(({ hash }) => !brought.has(hash));
  const mayBePacked = (upload: Upload): boolean => isSmall(upload) && !damaged.has(upload.hash);
  const small = packs ? missing.filter(mayBePacked) : [];
  const isPacked = small.length >= minPackedFiles;
  return {
    alone: isPacked ? missing.filter((upload) => !mayBePacked(upload)) : missing,
    packs: isPacked ? packsOf(small) : [],
    brought: uploads.filter(({ hash }) => brought.has(hash)),
  };
}

/** The plan as a part of the push's record. */
export function recordedPlan({ alone, packs, brought }: UploadPlan): Pick<PushRecord, 'uploads' | 'packs' | 'brought'> {
  return {
    uploads: [...alone, ...packs.flat(), ...brought],
    packs: packs.map(({ length }) => length),
    brought: brought.length,
  };
}

export function planOfRecord({ uploads, packs = [], brought = 0 }: PushRecord): UploadPlan {
  const packed = packs.reduce((sum, count) => sum + count, 0);
  let start = uploads.length - brought - packed;
  const alone = uploads.slice(0, start);
  const lists = packs.map((count) => uploads.slice(start, (start += count)));
  return { alone, packs: lists, brought: uploads.slice(start) };
}

/** The files that the push `id` may put into its inbox. */
export function declaredFiles(id: string, { alone, packs }: UploadPlan): DeclaredFile[] {
  const packFiles = packs.map((pack, number) => ({ path: packFile(id, number), size: bytesOf(pack) }));
  return [...alone, ...packFiles];
}
