/**
 * Runs W&B's own flows and unit tests for its integration, unedited, with the
 * drop-in: `npm run upstream -- --source CHECKOUT [--record]`. Exits with 1
 * where W&B then holds less than with W&B's own integration.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { bareEnvironment } from '../support/bare-environment.js';
import { pythonBin } from '../support/python.js';
import { RunningSidecar } from '../support/sidecar-process.js';
import { nameOf, runWithDropIn } from './support/flows.js';
import { type Golden, ordered, withoutExtras } from './support/snapshot.js';
import { recordUpstream } from './support/upstream.js';

const GOLDENS = fileURLToPath(new URL('./upstream/', import.meta.url));
const FLOWS = ['decostep', 'decoclass', 'decoboth', 'foreach', 'pytorch'];
/** These fetch a data set from the internet. */
const ONLINE_TESTS = ['test_track_dataframe', 'test_use_datasets'];

const { values: options } = parseArgs({
  options: { source: { type: 'string' }, record: { type: 'boolean', default: false } },
});
if (!options.source) {
  console.error(
    'usage: npm run upstream -- --source <checkout of the public repository wandb/wandb> [--record]',
  );
  process.exit(2);
}
const source = resolve(options.source);
const flows = FLOWS.map((name) =>
  join(source, 'tests', 'system_tests', 'test_functional', 'metaflow', `flow_${name}.py`),
);

if (options.record) await record();
const differing = await compare();
const unitTestsPass = runUnitTests();
console.log(`flows: ${flows.length - differing} of ${flows.length} as recorded`);
process.exitCode = differing === 0 && unitTestsPass ? 0 : 1;

async function record(): Promise<void> {
  mkdirSync(GOLDENS, { recursive: true });
  await recordUpstream(flows, (flow, golden) => {
    writeFileSync(goldenPath(flow), `${JSON.stringify(golden, null, 2)}\n`);
    console.log(`recorded ${nameOf(flow)}: ${golden.runs.length} runs`);
  });
}

async function compare(): Promise<number> {
  const sidecar = await RunningSidecar.start();
  let differing = 0;
  try {
    for (const flow of flows) {
      const golden = JSON.parse(readFileSync(goldenPath(flow), 'utf8')) as Golden;
      const ours = await runWithDropIn(flow, sidecar);
      const comparable = { exit_code: ours.exit_code, ...ordered(withoutExtras(ours, golden)) };
      const expected = { exit_code: golden.exit_code, ...ordered(golden) };
      const same = isDeepStrictEqual(comparable, expected);
      if (!same) differing += 1;
      console.log(`${same ? 'ok  ' : 'FAIL'} ${nameOf(flow)}: ${ours.runs.length} runs`);
      if (!same) console.log(JSON.stringify({ expected, found: comparable }, null, 2));
    }
  } finally {
    await sidecar.stop();
  }
  return differing;
}

function runUnitTests(): boolean {
  const file = join(source, 'tests', 'unit_tests', 'test_metaflow.py');
  const scratch = mkdtempSync(join(tmpdir(), 'golden-unit-'));
  // Neither the checkout's pytest settings nor its `wandb` package are to be picked up.
  const isolation = ['-c', '/dev/null', '--rootdir', scratch, '--noconftest', '--import-mode=importlib'];
  const deselected = ['-k', ONLINE_TESTS.map((name) => `not ${name}`).join(' and ')];
  const args = ['-m', 'pytest', '-q', '-p', 'no:cacheprovider', ...isolation, ...deselected, file];
  const env = { ...bareEnvironment(scratch), METAFLOW_WANDB_REPLACE_UPSTREAM: '1' };
  return spawnSync(pythonBin, args, { cwd: scratch, env, stdio: 'inherit', timeout: 300_000 }).status === 0;
}

function goldenPath(flow: string): string {
  return join(GOLDENS, `${nameOf(flow)}.json`);
}
