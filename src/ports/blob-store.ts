/** Content-addressed files, named by their SHA-256. */
export interface BlobStore {
  /** Begins a new blob. Nothing is visible before {@link BlobWriter.commit}. */
  create(): Promise<BlobWriter>;
  /** Begins to put in blobs that nobody removes before they are let go. */
  hold(): BlobHold;
  /**
   * Path of a local file with the blob's content, verified against its digest.
   * @throws SidecarError `blob-missing`, `blob-corrupt`, `blob-unavailable`
   */
  localPath(sha256: string): Promise<string>;
  /** Begins to remove blobs: none that is held, or is put in or let go from now on. */
  sweep(): BlobSweep;
  /** All blobs; may be walked through while some come and go. */
  list(): Iterable<KeptBlob>;
  /** Sum of the sizes of all blobs, in bytes. */
  usedBytes(): Promise<number>;
}

/** Reading of blobs. */
export type BlobFiles = Pick<BlobStore, 'localPath'>;

/** Puts in blobs and keeps them from being removed until the ledger says who needs them. */
export interface BlobHold extends Pick<BlobStore, 'create'> {
  /**
   * Path of a directory of this hold's, in which other processes may put files to be adopted.
   * @throws SidecarError `blob-unavailable`
   */
  handOverDirectory(): Promise<string>;
  /**
   * Makes a file of that directory a blob, durably, without copying it.
   *
   * @param name its name there
   * @param sizeBytes its size, as whoever wrote it says
   * @throws SidecarError `malformed` where it is no file of that size, `not-found`, `blob-unavailable`
   */
  adopt(name: string, sizeBytes: number): Promise<Blob>;
  /** What was put in is as any other blob from now on; what was not adopted is removed. */
  letGo(): void;
}

/**
 * One round of removing. Begun before it is asked which blobs are needed, it
 * spares those that somebody came to need since.
 */
export interface BlobSweep {
  /** Removes a blob, unless it is spared; true: it is gone. A missing one is no error. */
  remove(sha256: string): Promise<boolean>;
  end(): void;
}

/** Takes in one blob. Calls follow one another; none overlap. */
export interface BlobWriter {
  write(data: Uint8Array): Promise<void>;
  /** Makes the blob durable: file and directory are flushed when this resolves. */
  commit(): Promise<Blob>;
  /** Drops what was written. Safe after a failure and after commit. */
  abort(): Promise<void>;
}

/** A blob on disk. */
export interface Blob {
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** A blob that is kept. */
export interface KeptBlob extends Blob {
  /** Since when it has been kept, in Unix milliseconds. */
  readonly keptSinceMs: number;
}
