/** Why a request was refused; also the `extensions.code` of a GraphQL error. */
export type RefusalCode =
  | 'UNAUTHENTICATED'
  | 'PERMISSION_DENIED'
  | 'NOT_FOUND'
  | 'INVALID_ARGUMENT'
  | 'CONFLICT'
  | 'TOO_LARGE'
  | 'UNSUPPORTED';

const httpStatusOf: Record<RefusalCode, number> = {
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  INVALID_ARGUMENT: 400,
  CONFLICT: 409,
  TOO_LARGE: 413,
  UNSUPPORTED: 501,
};

/** A request this server understood and refuses, with what the caller can do about it in the message. */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  constructor(
    readonly code: RefusalCode,
    message: string,
  ) {
    super(message);
  }

  /** The HTTP status outside GraphQL; the W&B client does not retry any of them. */
  get httpStatus(): number {
    return httpStatusOf[this.code];
  }
}

/** Shorthand for the commonest refusal. */
export function notFound(what: string): Refusal {
  return new Refusal('NOT_FOUND', `${what} not found`);
}
