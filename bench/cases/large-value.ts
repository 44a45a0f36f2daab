import { pythonBin } from '../../test/support/python.js';
import { RunningSidecar } from '../../test/support/sidecar-process.js';
import type { Benchmark } from '../benchmark.js';
import { createEnvironment } from '../environments.js';
import { type FlowCost, interleaved, measureFlow } from '../flow-runs.js';
import { atMost, type Row, shown } from '../report.js';
import { median, spread } from '../statistics.js';

const MIB = 256;
/** Half of the value: nobody who holds it twice stays below. */
const HELD_BOUND_MB = (MIB * 1024 ** 2) / 2 / 1e6;

type How = 'plain' | 'saved' | 'handed' | 'sent' | 'upstream';
type Costs = Record<How, FlowCost[]>;

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
        const ours = async (env: NodeJS.ProcessEnv) => {
          const measured = await cost('ours', pythonBin, env);
          await sidecar.drain();
          return measured;
        };
        const flows = await interleaved<How, FlowCost>(rounds, {
          plain: () => cost('plain', plain, sidecar.readerEnvironment()),
          saved: () => cost('saved', plain, { ...sidecar.readerEnvironment(), BENCH_SAVED: dir }),
          handed: () => ours(sidecar.socketEnvironment()),
          sent: () => ours(sidecar.flowEnvironment()),
          upstream: (round) =>
            round > 0 ? Promise.resolve(null) : cost('upstream', plain, sidecar.readerEnvironment()),
        });
        return rows(kind, saved, flows);
      } finally {
        await sidecar.stop();
      }
    },
  };
}

function rows(kind: string, saved: string, flows: Costs): Row[] {
  const what = `${MIB} MiB ${kind}`;
  const saves = addedS(flows, 'saved');
  return [
    shown(`${what}: added by ${saved} with fsync in the step`, median(saves), 's', spread(saves)),
    ...ofOneWay(`${what}, handed over`, saved, flows, 'handed'),
    ...ofOneWay(`${what}, over gRPC`, saved, flows, 'sent'),
    shown(`${what}: added by W&B's integration`, median(addedS(flows, 'upstream')), 's', null),
  ];
}

function ofOneWay(what: string, saved: string, flows: Costs, how: How): Row[] {
  const added = addedS(flows, how);
  const peak = (name: How) => median(flows[name].map(({ peakMb }) => peakMb));
  const ratio = median(added) / median(addedS(flows, 'saved'));
  return [
    shown(`${what}: added to the flow`, median(added), 's', spread(added)),
    atMost(`${what}: added, against ${saved}`, ratio, '×', 1.3, spread(added)),
    atMost(`${what}: held more at the peak`, peak(how) - peak('plain'), 'MB', HELD_BOUND_MB, null),
  ];
}

/** Of each round, so that what else the machine did meanwhile is in both. */
function addedS(flows: Costs, how: How): number[] {
  return flows[how].map(({ wallS }, round) => wallS - (flows.plain[round]?.wallS ?? Number.NaN));
}
