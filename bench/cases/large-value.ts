import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { pythonBin } from '../../test/support/python.js';
import { RunningSidecar } from '../../test/support/sidecar-process.js';
import type { Benchmark } from '../benchmark.js';
import { createEnvironment } from '../environments.js';
import { type FlowCost, interleaved, measureFlow } from '../flow-runs.js';
import { atMost, type Row, shown } from '../report.js';
import { median, spread } from '../statistics.js';

const run = promisify(execFile);
const SAVE = fileURLToPath(new URL('../flows/save.py', import.meta.url));
const MIB = 256;
/** Beyond what the decorator holds in any task. */
const HELD_BOUND_MB = 64;

/** What a large model or frame adds to a flow, against writing it to the same disk. */
export function largeValue(kind: 'model' | 'frame', saved: string): Benchmark {
  return {
    name: `large-${kind}`,
    async run({ dir, rounds, say }) {
      const plain = createEnvironment(dir, 'plain');
      const sidecar = await RunningSidecar.start();
      const settings = { BENCH_KIND: kind, BENCH_MIB: String(MIB), WANDB_PROJECT: 'bench' };
      const cost = (how: string, python: string, env: NodeJS.ProcessEnv) => {
        say(`${MIB} MiB ${kind}, ${how}`);
        return measureFlow({ flow: 'large.py', python, env: { ...env, ...settings, BENCH_HOW: how } });
      };
      try {
        const flows = await interleaved<'plain' | 'ours' | 'upstream', FlowCost>(rounds, {
          plain: () => cost('plain', plain, sidecar.readerEnvironment()),
          ours: async () => {
            const measured = await cost('ours', pythonBin, sidecar.flowEnvironment());
            await sidecar.drain();
            return measured;
          },
          upstream: (round) =>
            round > 0 ? Promise.resolve(null) : cost('upstream', plain, sidecar.readerEnvironment()),
        });
        const saves = await interleaved(rounds, { save: () => saveS(dir, settings) });
        return rows(kind, saved, flows, saves.save);
      } finally {
        await sidecar.stop();
      }
    },
  };
}

async function saveS(dir: string, settings: NodeJS.ProcessEnv): Promise<number> {
  const { stdout } = await run(pythonBin, [SAVE, dir], { env: { ...process.env, ...settings } });
  return Number(stdout);
}

function rows(
  kind: string,
  saved: string,
  flows: Record<'plain' | 'ours' | 'upstream', FlowCost[]>,
  saves: readonly number[],
): Row[] {
  const wall = (name: 'plain' | 'ours' | 'upstream') => median(flows[name].map(({ wallS }) => wallS));
  const peak = (name: 'plain' | 'ours') => median(flows[name].map(({ peakMb }) => peakMb));
  const what = `${MIB} MiB ${kind}`;
  const scatter = spread(flows.ours.map(({ wallS }) => wallS));
  return [
    shown(`${what}: ${saved} with fsync`, median(saves), 's', spread(saves)),
    shown(`${what}: added to the flow`, wall('ours') - wall('plain'), 's', scatter),
    atMost(
      `${what}: added, against ${saved}`,
      (wall('ours') - wall('plain')) / median(saves),
      '×',
      1.3,
      scatter,
    ),
    atMost(`${what}: held more at the peak`, peak('ours') - peak('plain'), 'MB', HELD_BOUND_MB, null),
    shown(`${what}: added by W&B's integration`, wall('upstream') - wall('plain'), 's', null),
  ];
}
