import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pythonBin } from './python.js';

const run = promisify(execFile);
const FLOW_TIMEOUT_MS = 300_000;
const MAX_OUTPUT_BYTES = 64 * 1024 ** 2;

/** How a flow ended. */
export interface FlowEnd {
  readonly exitCode: number;
  /** Standard output, then standard error. */
  readonly output: string;
}

/** Runs a flow's file in a directory of its own. */
export async function runFlow(path: string, env: NodeJS.ProcessEnv, command = 'run'): Promise<FlowEnd> {
  const cwd = mkdtempSync(join(tmpdir(), 'mfw-flow-'));
  try {
    const options = { cwd, env, timeout: FLOW_TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES };
    const { stdout, stderr } = await run(pythonBin, [path, '--no-pylint', command], options);
    return { exitCode: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: unknown; stdout: string; stderr: string };
    if (typeof code !== 'number') throw error;
    return { exitCode: code, output: stdout + stderr };
  }
}
