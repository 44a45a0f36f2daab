/** Answer to an opened attempt. */
export interface OpenedReply {
  readonly enabled: boolean;
  readonly runId: string;
  readonly runUrl: string;
  /** Project of the W&B run. */
  readonly project: string;
  /** Entity of the W&B run; empty where it isn't known yet. */
  readonly entity: string;
  readonly notice: string;
}

/** Answer to a finished payload. */
export interface StoredReply {
  readonly digest: string;
  readonly sizeBytes: number;
}

/** What the user is told of settings that were left out; empty where none were. */
export function leftOutNotice(leftOut: readonly string[]): string {
  if (leftOut.length === 0) return '';
  return `settings left out, unknown or not a step's to set for the sidecar: ${leftOut.join(', ')}`;
}
