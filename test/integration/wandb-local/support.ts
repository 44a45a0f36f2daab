import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import { startWandbLocal, type WandbLocal, type WandbLocalOptions } from '../../../src/wandb-local/index.js';
import { pythonBin } from '../../support/python.js';

const execute = promisify(execFile);

/** A directory that goes when the test ends. */
export async function temporaryDirectory(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'wandb-local-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

/** A server on a free port that stops when the test ends. */
export async function startServer(options: Partial<WandbLocalOptions> = {}): Promise<WandbLocal> {
  const server = await startWandbLocal({ dataDir: await temporaryDirectory(), port: 0, ...options });
  onTestFinished(() => server.close());
  return server;
}

/** How a client reaches a server, in a directory and with caches of its own. */
export async function clientEnvironment(
  server: Pick<WandbLocal, 'url' | 'apiKey'>,
): Promise<Record<string, string>> {
  const dir = await temporaryDirectory();
  return {
    PATH: process.env.PATH ?? '',
    HOME: dir,
    WANDB_DIR: dir,
    WANDB_CACHE_DIR: join(dir, 'cache'),
    WANDB_DATA_DIR: join(dir, 'data'),
    WANDB_ARTIFACT_DIR: join(dir, 'artifacts'),
    WANDB_BASE_URL: server.url,
    WANDB_API_KEY: server.apiKey,
    WANDB_SILENT: 'true',
    WANDB_CONSOLE: 'off',
    WANDB_ERROR_REPORTING: 'false',
    WANDB__DISABLE_STATS: 'true',
    PYTHONDONTWRITEBYTECODE: '1',
  };
}

/** Runs `clients/NAME.py` against a server with the official client; the JSON of its last line of output. */
export async function runClient<Result>(
  name: string,
  server: Pick<WandbLocal, 'url' | 'apiKey'>,
  ...args: string[]
): Promise<Result> {
  const env = await clientEnvironment(server);
  const script = fileURLToPath(new URL(`clients/${name}.py`, import.meta.url));
  const { stdout } = await execute(pythonBin, [script, ...args], {
    env,
    cwd: env.HOME,
    maxBuffer: 64 * 1024 * 1024,
  });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Result;
}

/** Sends a GraphQL request with a key and returns the whole answer. */
export async function graphql(
  server: Pick<WandbLocal, 'url' | 'apiKey'>,
  query: string,
  variables: object = {},
): Promise<{
  data?: Record<string, unknown>;
  errors?: { message: string; extensions?: { code: string } }[];
}> {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: basic(server.apiKey) },
    body: JSON.stringify({ query, variables, operationName: '' }),
  });
  return (await response.json()) as Awaited<ReturnType<typeof graphql>>;
}

/** The header by which the client shows its key. */
export function basic(apiKey: string): string {
  return `Basic ${Buffer.from(`api:${apiKey}`).toString('base64')}`;
}
