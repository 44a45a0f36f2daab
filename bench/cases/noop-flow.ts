import { performance } from 'node:perf_hooks';
import { pythonBin } from '../../test/support/python.js';
import { RunningSidecar } from '../../test/support/sidecar-process.js';
import type { BenchContext, Benchmark } from '../benchmark.js';
import { createEnvironment } from '../environments.js';
import { type FlowCost, interleaved, measureFlow } from '../flow-runs.js';
import { atMost, type Row, shown } from '../report.js';
import { median, spread } from '../statistics.js';

/** W&B's own integration takes half a minute a round. */
const UPSTREAM_ROUNDS = 2;

type Alternative = 'plain' | 'ours' | 'full' | 'lean';
type Costs = Record<Alternative, FlowCost[]>;

/** A flow that computes nothing, plain, with this project, and with W&B's integration. */
export const noopFlow: Benchmark = {
  name: 'noop-flow',
  async run(context) {
    const sidecar = await RunningSidecar.start();
    const drainS: number[] = [];
    try {
      const costs = await interleaved(context.rounds + 1, alternatives(context, sidecar, drainS));
      // The first round fills caches.
      for (const each of Object.values(costs)) each.shift();
      return rows(costs, drainS.slice(1));
    } finally {
      await sidecar.stop();
    }
  },
};

function alternatives({ dir, say }: BenchContext, sidecar: RunningSidecar, drainS: number[]) {
  const plain = createEnvironment(dir, 'plain');
  const lean = createEnvironment(dir, 'lean');
  const reader = { ...sidecar.readerEnvironment(), WANDB_PROJECT: 'bench' };
  const cost = (python: string, how: string, env: NodeJS.ProcessEnv) => {
    say(`no-op flow, ${how}`);
    return measureFlow({ flow: 'noop.py', python, env: { ...env, BENCH_HOW: how } });
  };
  const upstream = (python: string) => (round: number) =>
    round > UPSTREAM_ROUNDS ? Promise.resolve(null) : cost(python, 'upstream', reader);
  return {
    plain: () => cost(plain, 'plain', reader),
    ours: async () => {
      const measured = await cost(pythonBin, 'ours', sidecar.socketEnvironment());
      const startedMs = performance.now();
      await sidecar.drain();
      drainS.push((performance.now() - startedMs) / 1000);
      return measured;
    },
    full: upstream(plain),
    lean: upstream(lean),
  };
}

function rows(costs: Costs, drainS: readonly number[]): Row[] {
  const wall = (name: Alternative) => costs[name].map(({ wallS }) => wallS);
  const cpu = (name: Alternative) => costs[name].map(({ cpuS }) => cpuS);
  const peak = (name: Alternative) => median(costs[name].map(({ peakMb }) => peakMb));
  const upstreamAddsS = median(wall('lean')) - median(wall('plain'));
  return [
    shown('no-op flow, plain: wall time', median(wall('plain')), 's', spread(wall('plain'))),
    ratio('no-op flow: wall time against plain', wall('ours'), wall('plain'), 1.15),
    ratio('no-op flow: CPU time against plain', cpu('ours'), cpu('plain'), 1.2),
    atMost('no-op flow: what a task holds more at its peak', peak('ours') - peak('plain'), 'MB', 20, null),
    ratio("no-op flow, W&B's integration, all libraries there: wall time", wall('full'), wall('plain'), null),
    ratio("no-op flow, W&B's integration, lean: wall time", wall('lean'), wall('plain'), null),
    ratio("no-op flow, W&B's integration, all libraries there: CPU time", cpu('full'), cpu('plain'), null),
    shown(
      "no-op flow, W&B's integration, all libraries there: more held",
      peak('full') - peak('plain'),
      'MB',
      null,
    ),
    shown('no-op flow: from its end until all is in W&B', median(drainS), 's', spread(drainS)),
    atMost(
      "the same, against what W&B's integration (lean) adds to the flow",
      median(drainS) / upstreamAddsS,
      '×',
      1 / 3,
      null,
    ),
  ];
}

function ratio(what: string, values: readonly number[], base: readonly number[], bound: number | null): Row {
  const value = median(values) / median(base);
  return bound === null
    ? shown(what, value, '×', spread(values))
    : atMost(what, value, '×', bound, spread(values));
}
