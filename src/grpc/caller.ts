import type { Metadata } from '@grpc/grpc-js';

/** Who calls. */
export interface Caller {
  /** Null: the sidecar's own user. */
  readonly tenant: string | null;
  /** Whether the call came over a UNIX socket, so from this machine and from who may open the socket's file. */
  readonly overSocket: boolean;
}

/** Metadata keys under which the caller is handed on; what a client sends under them is dropped. */
const TENANT_KEY = 'metaflow-wandb-tenant';
const SOCKET_KEY = 'metaflow-wandb-socket';

/** Notes who calls. */
export function noteCaller(metadata: Metadata, { tenant, overSocket }: Caller): void {
  metadata.remove(TENANT_KEY);
  metadata.remove(SOCKET_KEY);
  if (tenant !== null) metadata.set(TENANT_KEY, tenant);
  if (overSocket) metadata.set(SOCKET_KEY, '1');
}

/** Who makes a call that was let in. */
export function callerOf(metadata: Metadata): Caller {
  const [tenant] = metadata.get(TENANT_KEY);
  return {
    tenant: tenant === undefined ? null : String(tenant),
    overSocket: metadata.get(SOCKET_KEY).length > 0,
  };
}
