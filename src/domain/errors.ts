/** Every way in which the sidecar refuses or fails towards those who call it. There are no other codes. */
export type SidecarErrorCode =
  /** The peer speaks another major version of the protocol. */
  | 'version-mismatch'
  /** A message came that can't come at this point of the stream. */
  | 'out-of-order'
  /** A field holds what it can't hold. */
  | 'malformed'
  /** Something exceeds its stated bound. */
  | 'too-large'
  /** Another stream has taken over this attempt. */
  | 'superseded'
  /** The attempt is closed and takes in no more. */
  | 'attempt-not-open'
  /** The caller showed no valid token. */
  | 'unauthenticated'
  /** What was asked for is not there. */
  | 'not-found'
  /** The sidecar can't take more now; trying again helps. */
  | 'unavailable'
  /** The ledger's file is damaged. */
  | 'ledger-corrupt'
  /** The ledger was written by a newer version. */
  | 'ledger-newer'
  /** Another process has the ledger open. */
  | 'ledger-in-use'
  /** The ledger can't be opened, read or written: rights, disk full, I/O error. */
  | 'ledger-unavailable'
  /** No blob of that digest is kept. */
  | 'blob-missing'
  /** A blob's content is not what its name says; it was set aside. */
  | 'blob-corrupt'
  /** Blobs can't be read or written: rights, disk full, I/O error. */
  | 'blob-unavailable'
  /** Options or environment of the sidecar are wrong. */
  | 'misconfigured'
  /** No running sidecar was found, or it doesn't answer. */
  | 'sidecar-unreachable'
  /** The sidecar answered, and refused. */
  | 'sidecar-refused';

/** An error that somebody can act on. */
export class SidecarError extends Error {
  override readonly name = 'SidecarError';

  /**
   * @param code what went wrong, for programs
   * @param message what went wrong, for people; no secrets
   * @param hint what to do next; empty where nothing can be done
   */
  constructor(
    readonly code: SidecarErrorCode,
    message: string,
    readonly hint = '',
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Tells whether something caught is a {@link SidecarError}, of that code if one is given. */
export function isSidecarError(error: unknown, code?: SidecarErrorCode): error is SidecarError {
  return error instanceof SidecarError && (code === undefined || error.code === code);
}
