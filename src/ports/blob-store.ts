/** Content-addressed files, named by their SHA-256. */
export interface BlobStore {
  /** Begins a new blob. Nothing is visible before {@link BlobWriter.commit}. */
  create(): Promise<BlobWriter>;
  /**
   * Path of a local file with the blob's content, verified against its digest.
   * @throws SidecarError `blob-missing`, `blob-corrupt`, `blob-unavailable`
   */
  localPath(sha256: string): Promise<string>;
  /** Removes a blob; a missing one is no error. */
  remove(sha256: string): Promise<void>;
  /** Sum of the sizes of all blobs, in bytes. */
  usedBytes(): Promise<number>;
}

/** Reading of blobs. */
export type BlobFiles = Pick<BlobStore, 'localPath'>;

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
