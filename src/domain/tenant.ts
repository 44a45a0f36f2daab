import type { TaskAttempt } from './attempt.js';

/** Which installation an attempt belongs to, and with that which tenant. */
type Provider = Pick<TaskAttempt, 'metadataProvider'>;

/** No metadata provider of Metaflow's is called so. */
const PREFIX = 'tenant:';

/** What tenants may be called. */
export const TENANT_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/**
 * Makes a task one of a tenant's. An attempt's key, its W&B run and its
 * lineage follow from its metadata provider, so that no tenant can name, and
 * so neither reach nor read, what is another's.
 */
export function ofTenant<T extends Provider>(task: T, tenant: string): T {
  return { ...task, metadataProvider: `${PREFIX}${tenant}/${task.metadataProvider}` };
}

/** The tenant that a task belongs to; null: it is the sidecar's own. */
export function tenantOf({ metadataProvider }: Provider): string | null {
  if (!metadataProvider.startsWith(PREFIX)) return null;
  return metadataProvider.slice(PREFIX.length).split('/', 1)[0] ?? '';
}
