import type { Metadata } from '@grpc/grpc-js';
import type { HeldVariable, OpenedAttempt, TaskAttempt, VariableRead } from '../domain/attempt.js';
import { ofTenant, tenantOf } from '../domain/tenant.js';
import { malformed } from './decode-fields.js';

/** Metadata key under which the caller's tenant is handed on; what a client sends under it is dropped. */
const TENANT_KEY = 'metaflow-wandb-tenant';

/** Notes who calls. @param tenant null: the sidecar's own */
export function noteTenant(metadata: Metadata, tenant: string | null): void {
  metadata.remove(TENANT_KEY);
  if (tenant !== null) metadata.set(TENANT_KEY, tenant);
}

/** Turns tasks as a caller names them into the ledger's: those of a tenant's are that tenant's, whatever they say. */
export class Scope {
  private constructor(private readonly tenant: string | null) {}

  /** @param tenant null: the sidecar's own */
  static of(tenant: string | null): Scope {
    return new Scope(tenant);
  }

  /** Of a call that was let in. */
  static ofCall(metadata: Metadata): Scope {
    const [tenant] = metadata.get(TENANT_KEY);
    return new Scope(tenant === undefined ? null : String(tenant));
  }

  /** @throws SidecarError `malformed` where another's is named */
  task(task: TaskAttempt): TaskAttempt {
    if (this.tenant !== null) return ofTenant(task, this.tenant);
    if (tenantOf(task) === null) return task;
    throw malformed('task.metadata_provider', 'it names a tenant');
  }

  opened(opened: OpenedAttempt): OpenedAttempt {
    return { ...opened, task: this.task(opened.task) };
  }

  reads(reads: readonly VariableRead[]): VariableRead[] {
    return reads.map((read) => ({ ...read, source: this.task(read.source) }));
  }

  held(held: readonly HeldVariable[]): HeldVariable[] {
    return held.map((item) => ({
      ...item,
      inheritedFrom: item.inheritedFrom && this.task(item.inheritedFrom),
    }));
  }
}
