import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { TaskView } from '../app/views.js';
import { defaultDataDir } from '../data-dir.js';
import { SidecarError } from '../domain/errors.js';
import { readSidecarFile } from '../sidecar-file.js';

/** How a command was told to find the sidecar. */
export interface ReachOptions {
  readonly dataDir?: string;
  readonly http?: string;
}

/** How long the sidecar may take for one answer. */
const ANSWER_TIMEOUT_MS = 30_000;

/** Adds the options by which a command finds the sidecar. */
export function withReachOptions(command: Command): Command {
  return command
    .option('--data-dir <dir>', "the sidecar's data directory (default: ~/.metaflow-wandb)")
    .option('--http <addr>', 'where a sidecar elsewhere listens; METAFLOW_WANDB_TOKEN holds its token');
}

/** Talks to a running sidecar over HTTP. */
export class SidecarClient {
  constructor(
    /** Without a slash at its end. */
    readonly baseUrl: string,
    private readonly token: string,
  ) {}

  /**
   * Asks for something under `/api/v1`.
   * @throws SidecarError `sidecar-unreachable`, `sidecar-refused`, `not-found`
   */
  async get<T>(path: string, query: Readonly<Record<string, string>> = {}): Promise<T> {
    const search = new URLSearchParams(query).toString();
    return this.request<T>(search ? `${path}?${search}` : path, { method: 'GET' });
  }

  /** Sends something under `/api/v1`. @throws SidecarError as {@link get} */
  async post<T>(path: string, body: object): Promise<T> {
    const headers = { 'content-type': 'application/json' };
    return this.request<T>(path, { method: 'POST', body: JSON.stringify(body), headers });
  }

  private async request<T>(path: string, init: RequestInit): Promise<T> {
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${this.baseUrl}/api/v1${path}`, {
        ...init,
        headers: { ...init.headers, authorization: `Bearer ${this.token}` },
        // The token goes nowhere else.
        redirect: 'error',
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      });
      text = await response.text();
    } catch (error) {
      throw unreachable(`the sidecar at ${this.baseUrl} does not answer (${causeOf(error)})`, error);
    }
    const body = parseJson(text);
    if (!response.ok) throw refusal(response.status, body);
    if (body === undefined) throw unreachable(`what listens at ${this.baseUrl} is not a sidecar`);
    return body as T;
  }
}

/**
 * Finds the sidecar: at `--http`, or the one that runs on the data directory
 * of `--data-dir`, else `METAFLOW_WANDB_SERVE_DATA_DIR`, else the default.
 *
 * @throws SidecarError `sidecar-unreachable`, `misconfigured`
 */
export async function findSidecar(options: ReachOptions, env: NodeJS.ProcessEnv): Promise<SidecarClient> {
  if (options.http !== undefined) {
    const token = env.METAFLOW_WANDB_TOKEN;
    if (!token) throw new SidecarError('misconfigured', '--http needs the token in METAFLOW_WANDB_TOKEN');
    return new SidecarClient(baseUrlOf(options.http), token);
  }
  const dataDir = resolve(options.dataDir ?? (env.METAFLOW_WANDB_SERVE_DATA_DIR || defaultDataDir()));
  const file = await readSidecarFile(dataDir);
  if (!file) throw unreachable(`no sidecar runs on ${dataDir}`);
  return new SidecarClient(file.http.replace(/\/+$/, ''), file.token);
}

/**
 * The attempts that a pathspec means, newest first.
 *
 * @param pathspec `Flow[/run[/step[/task[/attempt]]]]`
 * @throws SidecarError `not-found` where it means none
 */
export async function findTasks(client: SidecarClient, pathspec: string, limit: number): Promise<TaskView[]> {
  const parts = pathspec.split('/');
  const attempt = parts.length === 5 ? Number(parts[4]) : null;
  const query = { pathspec: parts.slice(0, 4).join('/'), limit: String(limit) };
  const { tasks } = await client.get<{ tasks: TaskView[] }>('/tasks', query);
  const meant = tasks.filter((task) => attempt === null || task.attempt === attempt);
  if (parts.length <= 5 && meant.length > 0) return meant;
  throw new SidecarError(
    'not-found',
    `the sidecar knows no task ${pathspec}`,
    'a pathspec is Flow/run/step/task; only flows with a decorated step are known',
  );
}

function baseUrlOf(address: string): string {
  const url = /^https?:\/\//.test(address) ? address : `http://${address}`;
  if (!URL.canParse(url)) throw new SidecarError('misconfigured', `--http: ${address} is no address`);
  return url.replace(/\/+$/, '');
}

function unreachable(message: string, cause?: unknown): SidecarError {
  const hint = 'start one with `metaflow-wandb serve`, or give --data-dir or --http';
  return new SidecarError('sidecar-unreachable', message, hint, { cause });
}

function refusal(status: number, body: unknown): SidecarError {
  const { code, message, hint } =
    (body as { error?: Partial<Record<string, string>> } | undefined)?.error ?? {};
  const kind = code === 'not-found' ? 'not-found' : 'sidecar-refused';
  return new SidecarError(kind, message ?? `the sidecar answered with status ${status}`, hint);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** `fetch` hides the reason, such as a refused connection, in its error's cause. */
function causeOf(error: unknown): string {
  const { cause, message } = error as Error & { cause?: { code?: string; message?: string } };
  return cause?.code ?? cause?.message ?? message;
}
