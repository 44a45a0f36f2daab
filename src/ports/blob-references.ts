/** Knows which blobs which attempts need. */
export interface BlobReferences {
  /**
   * Gives up blobs that nothing needs any more: every attempt that holds one of
   * them is whole in W&B, and has been since that time. From when it resolves
   * nothing in the ledger keeps them, and they may be removed.
   *
   * @param uploadedByMs Unix time in milliseconds
   * @returns the digests
   */
  giveUpBlobs(uploadedByMs: number, limit: number): Promise<readonly string[]>;
  /** Those of these digests that some attempt needs: all that weren't given up. */
  neededBlobs(digests: readonly string[]): Promise<ReadonlySet<string>>;
  /** How much of what attempts hold is in W&B. `uploadedByMs`: Unix time in milliseconds. */
  blobUse(uploadedByMs: number): Promise<BlobUse>;
}

/** Sizes of blobs that aren't given up. */
export interface BlobUse {
  /** Bytes of those that are in W&B whole. */
  readonly uploadedBytes: number;
  /** Bytes of those among them that could be given up. */
  readonly expiredBytes: number;
}
