/** Everything that can go wrong in a way that somebody can act on. */
export type ErrorCode =
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
  /** The caller showed no valid token. */
  | 'unauthenticated'
  /** What was asked for is not there. */
  | 'not-found'
  /** The sidecar can't take more now; trying again helps. */
  | 'unavailable'
  /** A blob's content is not what its name says. */
  | 'blob-corrupt'
  /** The ledger's file is not one. */
  | 'ledger-corrupt'
  /** The ledger was written by a newer version. */
  | 'ledger-newer'
  /** Options or environment of the sidecar are wrong. */
  | 'misconfigured';

/** An error with a code to act on and a text that says what to do next. */
export class SidecarError extends Error {
  override readonly name = 'SidecarError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
