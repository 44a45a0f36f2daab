import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { DestinationPolicy } from './app/destinations.js';
import type { SidecarLimits } from './app/limits.js';
import { CRASH_GRACE_MS } from './app/streams.js';
import { defaultDataDir } from './data-dir.js';
import { SidecarError } from './domain/errors.js';
import { type LimitFlag, loadLimits } from './limit-options.js';

/** What `serve` was told, checked. */
export interface ServeConfig {
  readonly grpc: readonly string[];
  readonly http: string;
  /** Nobody asked for that very port: another will do where it is taken. */
  readonly httpMayMove: boolean;
  readonly wandbLocal: string;
  readonly dataDir: string;
  readonly destination: DestinationPolicy;
  /** Null: one is made for this process. */
  readonly token: string | null;
  readonly plaintext: boolean;
  readonly tls: { readonly cert: string; readonly key: string; readonly ca: string | null } | null;
  /** Python interpreter that has `wandb`; null: looked for. */
  readonly python: string | null;
  readonly workers: number;
  /** Seconds without anything left to do after which the sidecar ends by itself; null: never. */
  readonly idleExitS: number | null;
  /** Where log lines go; null: to stderr. */
  readonly logFile: string | null;
  /** How long a task's stream may be gone before the task counts as crashed. */
  readonly crashGraceS: number;
  /** Directories of spool files to take in, beside those of its own addresses. */
  readonly spoolDirs: readonly string[];
  /** Directory below which tasks that reach no sidecar have one for each address. */
  readonly spoolRoot: string;
  /** Bounds on what steps may send. */
  readonly limits: SidecarLimits;
  /** How long payloads stay after their upload; null: for ever. */
  readonly retentionMs: number | null;
  /** Below so many free bytes nothing new is taken in. */
  readonly minFreeBytes: number;
  /** File that names those who share the sidecar; null: nobody does. */
  readonly tenants: string | null;
  readonly wandbEntity: string | null;
  readonly wandbProject: string | null;
}

/** The user's own socket, where shims look when nothing else is set. */
export function defaultSocket(): string {
  return join(defaultDataDir(), 'sidecar.sock');
}

const DAY_MS = 86_400_000;
const DEFAULT_RETENTION_DAYS = 7;
const DEFAULT_MIN_FREE_MIB = 512;
const DEFAULT_HTTP = '127.0.0.1:8080';
const ADDRESS = z.string().regex(/^(unix:.+|(\[[^\]]+\]|[^:]+):\d{1,5})$/, 'must be HOST:PORT or unix:/PATH');
const TCP_ADDRESS = z.string().regex(/^(\[[^\]]+\]|[^:]+):\d{1,5}$/, 'must be HOST:PORT');

const SCHEMA = z.object({
  grpc: z.array(ADDRESS).min(1),
  http: TCP_ADDRESS,
  wandbLocal: TCP_ADDRESS,
  dataDir: z.string().min(1),
  destination: z.enum(['auto', 'wandb', 'local', 'hold']),
  token: z.string().min(16, 'must have at least 16 characters').nullable(),
  plaintext: z.boolean(),
  tlsCert: z.string().nullable(),
  tlsKey: z.string().nullable(),
  tlsCa: z.string().nullable(),
  tenants: z.string().nullable(),
  python: z.string().nullable(),
  workers: z.coerce.number().int().min(1).max(64),
  idleExit: z.coerce.number().min(0).max(1e9),
  logFile: z.string().nullable(),
  crashGrace: z.coerce.number().min(1).max(86_400),
  spoolDir: z.array(z.string().min(1)),
  retention: z.union([z.literal('never'), z.coerce.number().min(0).max(36_500)], 'must be days, or never'),
  minFree: z.coerce.number().min(0).max(1e9),
});

/** Options of `serve` as the command line gives them; absent ones undefined. */
export type ServeFlags = Readonly<Partial<Record<keyof z.infer<typeof SCHEMA> | LimitFlag, unknown>>>;

/**
 * Makes the configuration: a flag wins over `METAFLOW_WANDB_SERVE_<FLAG>`, that
 * over the default.
 *
 * @throws SidecarError `misconfigured`, naming the option
 */
export function loadServeConfig(flags: ServeFlags, env: NodeJS.ProcessEnv): ServeConfig {
  const pick = (flag: keyof ServeFlags, fallback: unknown): unknown =>
    flags[flag] ?? (env[environmentName(flag)] || fallback);
  const parsed = SCHEMA.safeParse({
    grpc: list(pick('grpc', [`unix:${defaultSocket()}`])),
    http: pick('http', DEFAULT_HTTP),
    wandbLocal: pick('wandbLocal', '127.0.0.1:8081'),
    dataDir: pick('dataDir', defaultDataDir()),
    destination: pick('destination', 'auto'),
    token: pick('token', null),
    plaintext: isTrue(pick('plaintext', false)),
    tlsCert: pick('tlsCert', null),
    tlsKey: pick('tlsKey', null),
    tlsCa: pick('tlsCa', null),
    tenants: pick('tenants', null),
    python: pick('python', null),
    workers: pick('workers', 2),
    idleExit: pick('idleExit', 0),
    logFile: pick('logFile', null),
    crashGrace: pick('crashGrace', CRASH_GRACE_MS / 1000),
    spoolDir: list(pick('spoolDir', [])),
    retention: pick('retention', DEFAULT_RETENTION_DAYS),
    minFree: pick('minFree', DEFAULT_MIN_FREE_MIB),
  });
  if (!parsed.success) throw misconfigured(parsed.error);
  const { tlsCert, tlsKey, tlsCa, idleExit, crashGrace, spoolDir, retention, minFree, ...rest } = parsed.data;
  if ((tlsCert === null) !== (tlsKey === null)) {
    throw new SidecarError('misconfigured', '--tls-cert and --tls-key go together');
  }
  if (tlsCa !== null && tlsCert === null) {
    throw new SidecarError(
      'misconfigured',
      '--tls-ca asks clients for certificates, and needs --tls-cert and --tls-key',
    );
  }
  return {
    ...rest,
    httpMayMove: pick('http', null) === null,
    idleExitS: idleExit || null,
    crashGraceS: crashGrace,
    spoolDirs: spoolDir,
    spoolRoot: resolve(
      (env.METAFLOW_WANDB_SPOOL || '~/.metaflow-wandb/spool').replace(/^~(?=\/|$)/, homedir()),
    ),
    limits: loadLimits(pick),
    retentionMs: retention === 'never' ? null : retention * DAY_MS,
    minFreeBytes: minFree * 1024 ** 2,
    tls: tlsCert && tlsKey ? { cert: tlsCert, key: tlsKey, ca: tlsCa } : null,
    wandbEntity: env.WANDB_ENTITY || null,
    wandbProject: env.WANDB_PROJECT || null,
  };
}

function environmentName(flag: string): string {
  return `METAFLOW_WANDB_SERVE_${flag.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/** Flags may repeat; a variable has commas instead. */
function list(value: unknown): unknown {
  return typeof value === 'string' ? value.split(',') : value;
}

function isTrue(value: unknown): boolean {
  return value === true || ['1', 'true', 'yes'].includes(String(value).toLowerCase());
}

function misconfigured(error: z.ZodError): SidecarError {
  const issue = error.issues[0];
  const flag = String(issue?.path[0] ?? '').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return new SidecarError('misconfigured', `--${flag}: ${issue?.message ?? 'wrong'}`);
}
