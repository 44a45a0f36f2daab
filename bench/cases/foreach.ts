import { readFileSync } from 'node:fs';
import { RunningSidecar } from '../../test/support/sidecar-process.js';
import type { Benchmark } from '../benchmark.js';
import { atMost, shown } from '../report.js';
import { median, spread } from '../statistics.js';
import { type MadeUpTask, TaskLoad, taskOf } from '../task-load.js';

const TASKS = 5000;
const SAMPLE = 100;
const STREAMS = 2;

/** A foreach of thousands: its last tasks cost what its first did, and the sidecar holds no more. */
export const foreach: Benchmark = {
  name: 'foreach',
  async run({ rounds, say }) {
    const measured: Measured[] = [];
    for (let round = 0; round < rounds; round += 1) {
      say(`foreach of ${TASKS} tasks`);
      measured.push(await measure());
    }
    const of = (name: keyof Measured) => measured.map((one) => one[name]);
    const what = `foreach of ${TASKS}`;
    const [cost, memory] = [of('lastAgainstFirst'), of('endAgainstBeginning')];
    return [
      atMost(`${what}: its last ${SAMPLE} tasks against its first`, median(cost), '×', 1.1, spread(cost)),
      shown(`${what}: sidecar after the first ${SAMPLE} tasks`, median(of('beginningMb')), 'MB', null),
      atMost(`${what}: sidecar at the end against then`, median(memory), '×', 1.1, spread(memory)),
      shown(`${what}: the join, which reads all`, median(of('joinMs')), 'ms', spread(of('joinMs'))),
    ];
  },
};

interface Measured {
  /** Milliseconds of the last tasks, as a multiple of those of the first. */
  readonly lastAgainstFirst: number;
  /** What the sidecar holds after the first tasks. */
  readonly beginningMb: number;
  /** What it holds after all, as a multiple of that. */
  readonly endAgainstBeginning: number;
  readonly joinMs: number;
}

/** One foreach, recorded by a sidecar of its own: one that has served others has its largest size already. */
async function measure(): Promise<Measured> {
  const sidecar = await RunningSidecar.start();
  const load = new TaskLoad(sidecar.grpcAddress, sidecar.token);
  try {
    await load.record(made('start', '0', []));
    const tasks = Array.from({ length: TASKS }, (_, at) =>
      made('each', String(at + 1), [readOf('start', '0')]),
    );
    const first = await load.recordAll(tasks.slice(0, SAMPLE), STREAMS);
    const beginningMb = residentMb(sidecar.pid);
    await load.recordAll(tasks.slice(SAMPLE, -SAMPLE), STREAMS);
    const last = await load.recordAll(tasks.slice(-SAMPLE), STREAMS);
    const endMb = residentMb(sidecar.pid);
    const reads = tasks.map(({ taskId }) => readOf('each', taskId));
    const joinMs = await load.record(made('join', String(TASKS + 1), reads));
    const lastAgainstFirst = median(last) / median(first);
    return { lastAgainstFirst, beginningMb, endAgainstBeginning: endMb / beginningMb, joinMs };
  } finally {
    load.close();
    await sidecar.stop();
  }
}

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
