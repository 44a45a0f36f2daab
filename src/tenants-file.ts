import { open } from 'node:fs/promises';
import { z } from 'zod';
import type { Tenant } from './app/destinations.js';
import { SidecarError } from './domain/errors.js';
import { TENANT_NAME } from './domain/tenant.js';

const MAX_BYTES = 1024 * 1024;

const TENANT = z.strictObject({
  name: z.string().regex(TENANT_NAME, 'must be of letters, digits, `.`, `_` and `-`'),
  /** What its clients show. */
  token: z.string().min(16, 'must have at least 16 characters'),
  baseUrl: z.url({ protocol: /^https?$/ }).default('https://api.wandb.ai'),
  apiKey: z.string().min(1),
  entity: z.string().min(1).nullable().default(null),
  project: z.string().min(1).nullable().default(null),
});
const FILE = z.strictObject({ tenants: z.array(TENANT).min(1).max(10_000) });

/** A tenant, and what its clients show. */
export type TenantEntry = Tenant & { readonly token: string };

/**
 * Reads the file of `--tenants`.
 *
 * @param ownToken the sidecar's own token, which no tenant may share
 * @throws SidecarError `misconfigured`; never with a key or a token in it
 */
export async function loadTenants(path: string | null, ownToken: string): Promise<readonly TenantEntry[]> {
  if (path === null) return [];
  const parsed = FILE.safeParse(parseJson(path, await privateText(path)));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw wrong(path, `${issue?.path.join('.') || 'the file'}: ${issue?.message}`);
  }
  const { tenants } = parsed.data;
  requireDistinct(
    path,
    'name',
    tenants.map(({ name }) => name),
  );
  requireDistinct(path, 'token', [ownToken, ...tenants.map(({ token }) => token)]);
  return tenants.map((tenant) => ({ ...tenant, baseUrl: tenant.baseUrl.replace(/\/+$/, '') }));
}

async function privateText(path: string): Promise<string> {
  const file = await open(path, 'r').catch((error) => {
    throw wrong(path, `it can't be read: ${error.message}`);
  });
  try {
    const { mode, size } = await file.stat();
    if ((mode & 0o077) !== 0) {
      throw new SidecarError(
        'misconfigured',
        `--tenants: others may read or change ${path}, which holds keys`,
        `run \`chmod 600 ${path}\``,
      );
    }
    if (size > MAX_BYTES) throw wrong(path, 'it is larger than 1 MiB');
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own words quote the text.
    throw wrong(path, 'it is not JSON');
  }
}

function requireDistinct(path: string, field: string, values: readonly string[]): void {
  if (new Set(values).size !== values.length) throw wrong(path, `two have the same ${field}`);
}

function wrong(path: string, what: string): SidecarError {
  return new SidecarError('misconfigured', `--tenants: ${path}: ${what}`);
}
