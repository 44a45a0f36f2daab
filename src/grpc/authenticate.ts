import { createHash, timingSafeEqual } from 'node:crypto';
import {
  type Metadata,
  ServerInterceptingCall,
  type ServerInterceptor,
  ServerListenerBuilder,
  status,
} from '@grpc/grpc-js';
import { type Caller, noteCaller } from './caller.js';

/** Whom to let in over TCP. */
export interface Callers {
  /** The sidecar's own token; null: everybody is let in. */
  readonly token: string | null;
  readonly tenants: readonly { readonly name: string; readonly token: string }[];
}

/** The sidecar's own user, from anywhere and over a socket. */
const OWN: Caller = { tenant: null, overSocket: false };
const AT_SOCKET: Caller = { tenant: null, overSocket: true };
const NO_TOKEN = 'no valid token; set METAFLOW_WANDB_TOKEN to the token of the sidecar';

/**
 * Refuses calls that show neither a valid token nor, on mTLS, a certificate
 * that stands for one, and notes who calls. Health stays open.
 *
 * @param callers null: all are the sidecar's own user, as on a UNIX socket, which its file's mode guards
 */
export function authenticate(callers: Callers | null): ServerInterceptor {
  const identify =
    callers === null ? () => AT_SOCKET : callers.token === null ? () => OWN : identifier(callers);
  return (method, call) => {
    if (method.path.startsWith('/grpc.health.')) return new ServerInterceptingCall(call);
    const listener = new ServerListenerBuilder()
      .withOnReceiveMetadata((metadata, next) => {
        const certificate = call.getAuthContext().sslPeerCertificate?.subject.CN;
        const caller = identify(bearer(metadata), certificate);
        if (caller) {
          noteCaller(metadata, caller);
          return next(metadata);
        }
        const details =
          certificate === undefined ? NO_TOKEN : `no tenant is called ${certificate}, as the certificate is`;
        call.sendStatus({ code: status.UNAUTHENTICATED, details });
      })
      .build();
    return new ServerInterceptingCall(call, { start: (next) => next(listener) });
  };
}

/** @returns finds out who shows this; null: nobody that is known */
function identifier({ token, tenants }: Callers) {
  const known = [
    ...tenants.map(({ name, token: shown }) => ({ caller: { ...OWN, tenant: name }, digest: digest(shown) })),
    ...(token === null ? [] : [{ caller: OWN, digest: digest(token) }]),
  ];
  /** @param commonName of a certificate that was verified */
  return (shown: string | null, commonName: string | string[] | undefined): Caller | null => {
    if (shown === null) return commonName === undefined ? null : byCertificate(String(commonName), tenants);
    const digestOfShown = digest(shown);
    // All are compared, so that the time tells nothing.
    const found = known.filter((one) => timingSafeEqual(one.digest, digestOfShown));
    return found[0]?.caller ?? null;
  };
}

/** With tenants, a certificate stands for the one that it is named after only. */
function byCertificate(commonName: string, tenants: Callers['tenants']): Caller | null {
  if (tenants.length === 0) return OWN;
  return tenants.some(({ name }) => name === commonName) ? { ...OWN, tenant: commonName } : null;
}

/** Hashing first makes the comparison take the same time whatever was sent. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function bearer(metadata: Metadata): string | null {
  const [shown] = metadata.get('authorization');
  return shown === undefined ? null : String(shown).replace(/^Bearer /, '');
}
