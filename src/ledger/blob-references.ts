import type { StoredPayload } from '../domain/attempt.js';
import type { StepLogEntry } from '../domain/step-log.js';

/** A blob that an attempt needs for its upload. */
export interface BlobReference {
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** Blobs of a payload. */
export function blobsOfPayload({ files }: StoredPayload): readonly BlobReference[] {
  return files;
}

/** Blobs that entries of a step's own log name. */
export function blobsOfEntries(entries: readonly StepLogEntry[]): readonly BlobReference[] {
  return entries.flatMap((entry) => {
    if (entry.kind === 'file') return [entry.file];
    return entry.kind === 'artifact' ? entry.artifact.files : [];
  });
}

/** Whether all of an attempt is in W&B; notes tell of what landed otherwise than asked. */
export function isWhole(problems: readonly string[]): boolean {
  return problems.every((problem) => problem.startsWith('note: '));
}
