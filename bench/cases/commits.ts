import { performance } from 'node:perf_hooks';
import { RunningSidecar } from '../../test/support/sidecar-process.js';
import type { Benchmark } from '../benchmark.js';
import { atLeast, shown } from '../report.js';
import { bytesOf, SmallTaskLoad } from '../small-task-load.js';
import { median, percentile, spread } from '../statistics.js';
import type { MadeUpTask } from '../task-load.js';

const STREAMS = 64;
const TASKS = 6000;

/** Small snapshots, committed durably, on many streams at a time. */
export const commits: Benchmark = {
  name: 'commits',
  async run({ rounds, say }) {
    const sidecar = await RunningSidecar.start();
    const load = new SmallTaskLoad(sidecar.grpcAddress, sidecar.token);
    const perSecond: number[] = [];
    let tookMs: number[] = [];
    try {
      for (let round = 0; round <= rounds; round += 1) {
        say(`${TASKS} small snapshots on ${STREAMS} streams`);
        const tasks = smallTasks(String(round)).map(bytesOf);
        const startedMs = performance.now();
        tookMs = await load.commitAll(tasks, STREAMS);
        // In the first round both sides are compiled.
        if (round > 0) perSecond.push(TASKS / ((performance.now() - startedMs) / 1000));
      }
    } finally {
      load.close();
      await sidecar.stop();
    }
    const scatter = spread(perSecond);
    return [
      atLeast(`small snapshots committed, ${STREAMS} streams`, median(perSecond), '/s', 2000, scatter),
      shown('the same: time from Open to Committed, 95th percentile', percentile(tookMs, 0.95), 'ms', null),
    ];
  },
};

function smallTasks(runId: string): MadeUpTask[] {
  return Array.from({ length: TASKS }, (_, at) => ({
    ...{ runId, stepName: 'step', taskId: String(at), values: 3, artifact: null, reads: [], held: true },
  }));
}
