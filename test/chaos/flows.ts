import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { pythonBin } from '../support/python.js';
import type { World } from './world.js';

const FLOW = fileURLToPath(new URL('flow.py', import.meta.url));
/** Tasks that are killed are tried again by Metaflow. */
const RETRY = 'retry:times=4,minutes_between_retries=0';
const RUN_ID = /run-id (\d+)/;
/** A line of a task's standard error, as the launcher passes it on. */
const REPORT = /\[(\d+)\/(\w+)\/(\d+) \(pid \d+\)\] (metaflow-wandb: .*)/g;

/** A flow that runs. */
export interface RunningFlow {
  readonly pid: number;
  readonly ended: Promise<FlowEnd>;
}

/** How a flow ended. */
export interface FlowEnd {
  readonly seed: number;
  readonly runId: string;
  /** Empty: as it should have; else what it did instead. */
  readonly broken: string;
  /** What its tasks said in their one line, by pathspec. */
  readonly reports: ReadonlyMap<string, string>;
  readonly seconds: number;
}

/** Starts a flow. */
export function startFlow(world: World, seed: number): RunningFlow {
  const startedAtMs = Date.now();
  const args = [FLOW, '--no-pylint', 'run', '--seed', String(seed), '--with', RETRY];
  const child = spawn(pythonBin, args, {
    cwd: world.home,
    env: world.flowEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      output += String(data);
    });
  }
  const ended = once(child, 'close').then(([code]) => {
    const answered = output.includes(`ANSWER `);
    const broken = code === 0 && answered ? '' : `exit code ${code}: ${output.slice(-2000)}`;
    const seconds = (Date.now() - startedAtMs) / 1000;
    return { seed, runId: RUN_ID.exec(output)?.[1] ?? '', broken, reports: reportsIn(output), seconds };
  });
  return { pid: child.pid ?? 0, ended };
}

function reportsIn(output: string): Map<string, string> {
  const found = [...output.matchAll(REPORT)];
  return new Map(
    found.map(([, runId, step, task, line]) => [`ChaosFlow/${runId}/${step}/${task}`, line ?? '']),
  );
}
