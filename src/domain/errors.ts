/** Every way in which the sidecar refuses or fails towards its callers. There are no other codes. */
export type SidecarErrorCode =
  /** The ledger's file is damaged. */
  | 'ledger-corrupt'
  /** The ledger was written by a newer version of this program. */
  | 'ledger-too-new'
  /** Another process has the ledger open. */
  | 'ledger-in-use'
  /** The ledger can't be opened, read or written: rights, disk full, I/O error. */
  | 'ledger-unavailable'
  /** No attempt with that key was ever opened. */
  | 'attempt-unknown'
  /** The attempt is closed, or was begun anew by another stream. */
  | 'attempt-not-open'
  /** The attempt's snapshot holds no such variable. */
  | 'variable-unknown'
  /** No blob of that digest is kept. */
  | 'blob-missing'
  /** A blob's content is not what its digest says; it was set aside. */
  | 'blob-corrupt'
  /** Blobs can't be read or written: rights, disk full, I/O error. */
  | 'blob-unavailable'
  /** No running sidecar was found, or it does not answer. */
  | 'sidecar-unreachable'
  /** The sidecar answered, and refused. */
  | 'sidecar-refused'
  /** The peer speaks another major version of the protocol. */
  | 'version-mismatch'
  /** A message came that can't come at this point of a stream. */
  | 'out-of-order'
  /** A field holds what it can't hold. */
  | 'malformed'
  /** Something exceeds its stated bound. */
  | 'too-large'
  /** Another stream has taken over this attempt. */
  | 'superseded'
  /** The caller showed no valid token. */
  | 'unauthenticated'
  /** Options or environment of the sidecar are wrong. */
  | 'misconfigured';

/** An error that a person can act on. */
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
