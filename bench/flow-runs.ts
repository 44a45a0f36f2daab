import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { pythonBin } from '../test/support/python.js';

const run = promisify(execFile);
const MEASURE = fileURLToPath(new URL('measure.py', import.meta.url));
const FLOWS = fileURLToPath(new URL('flows/', import.meta.url));
const MAX_OUTPUT_BYTES = 16 * 1024 ** 2;

/** What one run of a flow cost. */
export interface FlowCost {
  readonly wallS: number;
  /** User and system time of the launcher and its tasks. */
  readonly cpuS: number;
  /** The most that any task's process held, in MB. */
  readonly peakMb: number;
}

/** How to run a flow. */
export interface FlowRun {
  /** File in `bench/flows`. */
  readonly flow: string;
  readonly python: string;
  readonly env: NodeJS.ProcessEnv;
  readonly maxWorkers?: number;
}

/** Runs a flow once in a directory of its own. @throws Error with the end of its output where it fails */
export async function measureFlow({ flow, python, env, maxWorkers = 2 }: FlowRun): Promise<FlowCost> {
  const cwd = mkdtempSync(join(tmpdir(), 'mfw-bench-'));
  const peaks = join(cwd, 'peaks');
  try {
    const command = [python, `${FLOWS}${flow}`, '--no-pylint', 'run', '--max-workers', String(maxWorkers)];
    const { stdout } = await run(pythonBin, [MEASURE, ...command], {
      cwd,
      env: { ...env, BENCH_PEAKS: peaks, METAFLOW_DATASTORE_SYSROOT_LOCAL: cwd },
      maxBuffer: MAX_OUTPUT_BYTES,
    });
    const cost = JSON.parse(stdout) as { wallS: number; cpuS: number; exitCode: number; output: string };
    if (cost.exitCode !== 0) throw new Error(`${flow} failed:\n${cost.output}`);
    const { wallS, cpuS } = cost;
    return { wallS, cpuS, peakMb: highest(peaks) };
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}

function highest(path: string): number {
  if (!existsSync(path)) return Number.NaN;
  const peaks = readFileSync(path, 'utf8').trim().split('\n').map(Number);
  return (Math.max(...peaks) * 1024) / 1e6;
}

/**
 * Runs alternatives one after the other, round after round, so that what else the machine does meets all alike.
 * Each round begins with another one: what the one before leaves of memory and caches counts, too.
 */
export async function interleaved<K extends string, T>(
  rounds: number,
  alternatives: Readonly<Record<K, (round: number) => Promise<T | null>>>,
): Promise<Record<K, T[]>> {
  const names = Object.keys(alternatives) as K[];
  const results = Object.fromEntries(names.map((name) => [name, [] as T[]])) as Record<K, T[]>;
  for (let round = 0; round < rounds; round += 1) {
    const first = round % names.length;
    for (const name of [...names.slice(first), ...names.slice(0, first)]) {
      const result = await alternatives[name](round);
      if (result !== null) results[name].push(result);
    }
  }
  return results;
}
