import { status } from '@grpc/grpc-js';
import { isSidecarError, type SidecarErrorCode } from '../domain/errors.js';

/** A gRPC status as grpc-js takes it. */
export interface GrpcStatus {
  readonly code: status;
  readonly details: string;
}

const STATUS: Partial<Record<SidecarErrorCode, status>> = {
  'version-mismatch': status.FAILED_PRECONDITION,
  'out-of-order': status.INVALID_ARGUMENT,
  malformed: status.INVALID_ARGUMENT,
  'too-large': status.RESOURCE_EXHAUSTED,
  superseded: status.ABORTED,
  'attempt-not-open': status.ABORTED,
  unauthenticated: status.UNAUTHENTICATED,
  'not-found': status.NOT_FOUND,
  unavailable: status.UNAVAILABLE,
  'blob-unavailable': status.UNAVAILABLE,
  'ledger-unavailable': status.UNAVAILABLE,
};

/** Maps anything caught to the status that the peer sees. What isn't meant for peers is masked; log it. */
export function statusFromError(error: unknown): GrpcStatus {
  if (isSidecarError(error)) {
    const details = error.hint === '' ? error.message : `${error.message}; ${error.hint}`;
    return { code: STATUS[error.code] ?? status.INTERNAL, details };
  }
  return { code: status.INTERNAL, details: 'the sidecar failed; its log says why' };
}

/** Tells whether a status is the sidecar's own fault, and so worth an error in its log. */
export function isOwnFault({ code }: GrpcStatus): boolean {
  return code === status.INTERNAL || code === status.UNAVAILABLE;
}

/** Name of a status, such as `UNAVAILABLE`. */
export function statusName({ code }: GrpcStatus): string {
  return status[code];
}
