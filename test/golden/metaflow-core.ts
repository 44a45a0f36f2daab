/**
 * Runs Metaflow's own core test harness with `wandb_log` on every step, and
 * compares the outcome of each test with that without it:
 * `npm run metaflow-core -- --source CHECKOUT [options]`. Exits with 1 where
 * an outcome differs.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { CoreHarness, NO_OUTCOME, type Outcome } from './support/core-harness.js';
import { SIDECARS, startSituations } from './support/core-situations.js';

const USAGE = `usage: npm run metaflow-core -- --source DIR [options]

  --source DIR      a checkout of the public repository Netflix/metaflow
  --tests A,B       these tests only, by class name
  --sidecar A,B     of ${SIDECARS.join(', ')}; default: all of them
  --graphs one|all  each test on the plainest of its graphs, or on all of them; default: one
  --executors A,B   of cli, api; default: cli
  --jobs N          tests at once; default: 2`;

const { values: options } = parseArgs({
  options: {
    source: { type: 'string' },
    tests: { type: 'string', default: '' },
    sidecar: { type: 'string', default: SIDECARS.join(',') },
    graphs: { type: 'string', default: 'one' },
    executors: { type: 'string', default: 'cli' },
    jobs: { type: 'string', default: '2' },
  },
});
if (!options.source) {
  console.error(USAGE);
  process.exit(2);
}

const situations = await startSituations(names(options.sidecar));
const harness = new CoreHarness(resolve(options.source), situations.contexts, names(options.executors));
try {
  const cases = harness.cases(names(options.tests), options.graphs === 'all');
  const differing: string[] = [];
  let done = 0;
  let compared = 0;
  await inParallel(Number(options.jobs), cases, async (one) => {
    const outcomes = await harness.run(one);
    const differences = differencesIn(outcomes);
    done += 1;
    compared += outcomes.length;
    differing.push(...differences.map((what) => `${one.test} on ${one.graph}: ${what}`));
    console.log(`${done}/${cases.length} ${one.test} on ${one.graph}: ${summary(outcomes, differences)}`);
  });
  for (const difference of differing) console.log(`DIFFERS ${difference}`);
  console.log(`${cases.length} tests, ${compared} runs, ${differing.length} differ`);
  console.log(await situations.recorded());
  console.log(`logs of what failed: ${harness.logDirectory}`);
  process.exitCode = differing.length === 0 && cases.length > 0 ? 0 : 1;
} finally {
  harness.stop();
  await situations.stop();
}

/** Says where a test ended otherwise than without the decorator. */
function differencesIn(outcomes: readonly Outcome[]): readonly string[] {
  const plain = new Map(
    outcomes.filter(({ context }) => context === 'plain').map(({ executor, result }) => [executor, result]),
  );
  return outcomes
    .filter(({ executor, result }) => result !== plain.get(executor) || result === NO_OUTCOME)
    .map(
      ({ context, executor, result }) => `${context}, ${executor}: ${result}, plain: ${plain.get(executor)}`,
    );
}

function summary(outcomes: readonly Outcome[], differences: readonly string[]): string {
  const counted = new Map<string, number>();
  for (const { result } of outcomes) counted.set(result, (counted.get(result) ?? 0) + 1);
  const text = [...counted].map(([result, count]) => `${count} ${result}`).join(', ');
  return differences.length === 0 ? text : `${text}; DIFFERS: ${differences.join('; ')}`;
}

function names(list: string): readonly string[] {
  return list.split(',').filter(Boolean);
}

async function inParallel<T>(
  jobs: number,
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = [...items];
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: jobs }, worker));
}
