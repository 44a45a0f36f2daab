import { execFile } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { pythonBin } from '../../test/support/python.js';
import { RunningSidecar } from '../../test/support/sidecar-process.js';
import type { Benchmark } from '../benchmark.js';
import { atLeast, shown } from '../report.js';
import { median, spread } from '../statistics.js';
import { type MadeUpTask, TaskLoad } from '../task-load.js';

const run = promisify(execFile);
const ONE_TASK = fileURLToPath(new URL('../flows/upstream_task.py', import.meta.url));
const TASKS = 300;
/** Processes that upload: the sidecar's default. */
const PROCESSES = 2;
const UPSTREAM_TASKS = 8;

/** Tasks with one small artifact each, uploaded by a sidecar, and by W&B's client as its integration uses it. */
export const uploads: Benchmark = {
  name: 'uploads',
  async run({ rounds, say }) {
    const sidecar = await RunningSidecar.start();
    const load = new TaskLoad(sidecar.grpcAddress, sidecar.token);
    const ours: number[] = [];
    const upstream: number[] = [];
    try {
      for (let round = 0; round < rounds; round += 1) {
        say(`upload of ${TASKS} tasks`);
        await load.recordAll(tasksOf(round), 8);
        ours.push(
          TASKS /
            (await secondsOf(async () => {
              await sidecar.command('retry');
              await sidecar.drain();
            })),
        );
        if (round < 2)
          upstream.push(UPSTREAM_TASKS / (await secondsOf(() => uploadAsUpstream(sidecar, round))));
      }
    } finally {
      load.close();
      await sidecar.stop();
    }
    return [
      shown('tasks uploaded, one small artifact each', median(ours), '/s', spread(ours)),
      shown(
        `the same by W&B's client in ${PROCESSES} processes, one a task`,
        median(upstream),
        '/s',
        spread(upstream),
      ),
      atLeast('tasks uploaded, against that', median(ours) / median(upstream), '×', 10, spread(ours)),
    ];
  },
};

function tasksOf(round: number): MadeUpTask[] {
  return Array.from({ length: TASKS }, (_, at) => {
    const artifact = new TextEncoder().encode(`content ${round} ${at}`);
    return {
      runId: String(round),
      stepName: 'step',
      taskId: String(at),
      values: 3,
      artifact,
      reads: [],
      held: true,
    };
  });
}

async function uploadAsUpstream(sidecar: RunningSidecar, round: number): Promise<void> {
  const env = { ...sidecar.readerEnvironment(), WANDB_PROJECT: 'bench-upstream' };
  let next = 0;
  const worker = async () => {
    for (let at = next++; at < UPSTREAM_TASKS; at = next++) {
      await run(pythonBin, [ONE_TASK, `${round} ${at}`], { env });
    }
  };
  await Promise.all(Array.from({ length: PROCESSES }, worker));
}

async function secondsOf(work: () => Promise<void>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return (performance.now() - startedMs) / 1000;
}
