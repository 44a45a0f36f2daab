import { execFile } from 'node:child_process';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { pythonBin } from '../../support/python.js';
import { runFlow } from '../../support/run-flow.js';
import type { RunningSidecar } from '../../support/sidecar-process.js';
import { type Golden, ordered, type Snapshot } from './snapshot.js';

const run = promisify(execFile);
const SNAPSHOT = fileURLToPath(new URL('../snapshot.py', import.meta.url));
/** Directory with a stand-in for what W&B's flows import and no build of which fits the tests' torch. */
export const STAND_INS = fileURLToPath(new URL('../stand-ins', import.meta.url));
const SNAPSHOT_TIMEOUT_MS = 60_000;

/** Name that a flow's golden and its W&B project go by. */
export function nameOf(flow: string): string {
  return basename(flow, '.py').replaceAll('_', '-');
}

/** Runs a flow that imports W&B's own integration with the drop-in, drains, and tells what W&B then holds. */
export async function runWithDropIn(flow: string, sidecar: RunningSidecar): Promise<Golden> {
  const { exitCode, output } = await runFlow(flow, {
    ...sidecar.flowEnvironment(),
    METAFLOW_WANDB_REPLACE_UPSTREAM: '1',
    PYTHONPATH: STAND_INS,
    WANDB_PROJECT: nameOf(flow),
  });
  await sidecar.drain();
  return goldenOf(flow, sidecar.account.entity, sidecar.readerEnvironment(), exitCode, output);
}

/**
 * What W&B holds of the project that a flow logged to.
 *
 * @throws Error with the flow's output, where that is nothing
 */
export async function goldenOf(
  flow: string,
  entity: string,
  env: NodeJS.ProcessEnv,
  exitCode: number,
  output: string,
): Promise<Golden> {
  const args = [SNAPSHOT, `${entity}/${nameOf(flow)}`, dirname(flow)];
  const options = { env, timeout: SNAPSHOT_TIMEOUT_MS, maxBuffer: 64 * 1024 ** 2 };
  const { stdout } = await run(pythonBin, args, options).catch((error: Error) => {
    throw new Error(`${flow} left nothing to read: ${error.message}\nThe flow's output:\n${output}`);
  });
  return { exit_code: exitCode, ...ordered(JSON.parse(stdout) as Snapshot) };
}
