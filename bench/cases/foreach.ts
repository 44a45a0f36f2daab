import { readFileSync } from 'node:fs';
import { RunningSidecar } from '../../test/support/sidecar-process.js';
import type { Benchmark } from '../benchmark.js';
import { atMost, shown } from '../report.js';
import { median } from '../statistics.js';
import { type MadeUpTask, TaskLoad, taskOf } from '../task-load.js';

const TASKS = 5000;
const SAMPLE = 100;
const STREAMS = 2;

/** A foreach of thousands: its last tasks cost what its first did, and the sidecar holds no more. */
export const foreach: Benchmark = {
  name: 'foreach',
  async run({ say }) {
    const sidecar = await RunningSidecar.start();
    const load = new TaskLoad(sidecar.grpcAddress, sidecar.token);
    try {
      say(`foreach of ${TASKS} tasks`);
      await load.record(made('start', '0', []));
      const tasks = Array.from({ length: TASKS }, (_, at) =>
        made('each', String(at + 1), [readOf('start', '0')]),
      );
      const first = await load.recordAll(tasks.slice(0, SAMPLE), STREAMS);
      const beforeMb = residentMb(sidecar.pid);
      await load.recordAll(tasks.slice(SAMPLE, -SAMPLE), STREAMS);
      const last = await load.recordAll(tasks.slice(-SAMPLE), STREAMS);
      const afterMb = residentMb(sidecar.pid);
      const reads = tasks.map(({ taskId }) => readOf('each', taskId));
      const joinMs = await load.record(made('join', String(TASKS + 1), reads));
      return [
        atMost(
          `foreach of ${TASKS}: its last ${SAMPLE} tasks against its first`,
          median(last) / median(first),
          '×',
          1.1,
          null,
        ),
        shown(`foreach of ${TASKS}: sidecar after the first ${SAMPLE} tasks`, beforeMb, 'MB', null),
        atMost(`foreach of ${TASKS}: sidecar at the end against then`, afterMb / beforeMb, '×', 1.1, null),
        shown(`foreach of ${TASKS}: the join, which reads all`, joinMs, 'ms', null),
      ];
    } finally {
      load.close();
      await sidecar.stop();
    }
  },
};

function made(stepName: string, taskId: string, reads: MadeUpTask['reads']): MadeUpTask {
  const artifact = new TextEncoder().encode(`content of ${stepName}/${taskId}`);
  return { runId: '1', stepName, taskId, values: 3, artifact, reads, held: true };
}

function readOf(stepName: string, taskId: string): MadeUpTask['reads'][number] {
  return { name: 'made', source: taskOf({ runId: '1', stepName, taskId }), contentHash: '' };
}

function residentMb(pid: number): number {
  const kib = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return (Number(kib) * 1024) / 1e6;
}
