import type { Metadata } from '@grpc/grpc-js';
import type { HeldVariable, OpenedAttempt, TaskAttempt, VariableRead } from '../domain/attempt.js';
import { ofTenant, tenantOf } from '../domain/tenant.js';
import { callerOf } from './caller.js';
import { malformed } from './decode-fields.js';

/** Turns tasks as a caller names them into the ledger's: those of a tenant's are that tenant's, whatever they say. */
export class Scope {
  private constructor(private readonly tenant: string | null) {}

  /** @param tenant null: the sidecar's own */
  static of(tenant: string | null): Scope {
    return new Scope(tenant);
  }

  /** Of a call that was let in. */
  static ofCall(metadata: Metadata): Scope {
    return new Scope(callerOf(metadata).tenant);
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
