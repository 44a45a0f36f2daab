import type { Destination, Ledger } from './ledger.js';
import type { RunPath } from './uploader.js';

/** A ledger that holds another one's history, to be sent to another W&B. */
export interface ReplayLedger {
  readonly ledger: Ledger;
  /** Number of attempts that were not here before, or not in this form. */
  readonly copied: number;
  /** Inputs of these that the other W&B can't hold. */
  readonly foreignUses: readonly ForeignUse[];
  /** Where in W&B the content of a blob is. */
  originsOf(sha256: string): Promise<readonly BlobOrigin[]>;
}

/** A version that a step asked W&B for, and that no attempt in the history logged. */
export interface ForeignUse {
  readonly pathspec: string;
  /** `entity/project/name:vN` in the W&B that the step asked. */
  readonly qualifiedName: string;
}

/** A place in W&B where a blob's content was uploaded to: a file of an artifact version or of a run. */
export type BlobOrigin = { readonly destination: Destination; readonly path: string } & (
  | { readonly kind: 'artifact' /** `entity/project/name:vN`. */; readonly qualifiedName: string }
  | { readonly kind: 'run'; readonly run: RunPath }
);
