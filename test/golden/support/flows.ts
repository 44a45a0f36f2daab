import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Snapshot } from './snapshot.js';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const SNAPSHOT = fileURLToPath(new URL('../snapshot.py', import.meta.url));
const FLOW_TIMEOUT_MS = 300_000;
const SNAPSHOT_TIMEOUT_MS = 60_000;

/** Python with Metaflow, the shim and W&B's client. */
export const PYTHON = join(ROOT, '.venv', 'bin', 'python');

/** Where a W&B server is, and as whom to use it. */
export interface Account {
  readonly url: string;
  readonly apiKey: string;
  readonly entity: string;
}

/** Name that a flow's goldens and its W&B project go by. */
export function nameOf(flow: string): string {
  return basename(flow, '.py').replaceAll('_', '-');
}

/** Environment without anything of the caller's that leads to a W&B account or to Metaflow's settings. */
export function bareEnvironment(scratch: string): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(WANDB|METAFLOW)_/.test(name));
  const path = `${join(ROOT, '.venv', 'bin')}:${process.env.PATH}`;
  return {
    ...Object.fromEntries(kept),
    PATH: path,
    HOME: scratch,
    NETRC: join(scratch, '.netrc'),
    NO_PROXY: '127.0.0.1,localhost',
    METAFLOW_USER: 'tester',
    METAFLOW_DATASTORE_SYSROOT_LOCAL: scratch,
    WANDB_SILENT: 'true',
    PYTHONPATH: '',
  };
}

/** Runs a flow in a directory of its own and answers its exit code and its output. */
export async function runFlow(
  flow: string,
  env: NodeJS.ProcessEnv,
): Promise<{ exitCode: number; output: string }> {
  const cwd = mkdtempSync(join(tmpdir(), 'golden-flow-'));
  const options = { cwd, env, timeout: FLOW_TIMEOUT_MS, maxBuffer: 64 * 1024 ** 2 };
  try {
    const { stdout, stderr } = await run(PYTHON, [flow, '--no-pylint', 'run'], options);
    return { exitCode: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: unknown; stdout: string; stderr: string };
    if (typeof code !== 'number') throw error;
    return { exitCode: code, output: stdout + stderr };
  }
}

/** What W&B holds of the project that a flow logged to. */
export async function snapshotOf(flow: string, account: Account, scratch: string): Promise<Snapshot> {
  const args = [SNAPSHOT, `${account.entity}/${nameOf(flow)}`, dirname(flow)];
  const env = { ...bareEnvironment(scratch), WANDB_BASE_URL: account.url, WANDB_API_KEY: account.apiKey };
  const { stdout } = await run(PYTHON, args, {
    env,
    timeout: SNAPSHOT_TIMEOUT_MS,
    maxBuffer: 64 * 1024 ** 2,
  });
  return JSON.parse(stdout) as Snapshot;
}
