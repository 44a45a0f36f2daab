import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { queryLineage } from '../../src/app/query-lineage.js';
import type { TaskAttempt } from '../../src/domain/attempt.js';
import { attemptKey } from '../../src/domain/identity.js';
import { createSqliteLedger } from '../../src/ledger/sqlite-ledger.js';
import type { Ledger } from '../../src/ports/ledger.js';
import { openedAttempt, task, variable } from '../../test/support/builders.js';
import type { Benchmark } from '../benchmark.js';
import { atMost, shown } from '../report.js';
import { percentile } from '../statistics.js';

const RUNS = 10_000;
const TASKS_A_RUN = 10;
const ARTIFACTS_A_TASK = 10;
/** Runs that are written at the same time, so that the ledger commits them in groups. */
const AT_ONCE = 50;
const QUERIES = 300;

/** The graph of one run, in a ledger that holds a million artifacts. */
export const lineageQuery: Benchmark = {
  name: 'lineage-query',
  async run({ say }) {
    const dir = mkdtempSync(join(tmpdir(), 'mfw-bench-'));
    const ledger = await createSqliteLedger({ path: join(dir, 'ledger.db') });
    try {
      const artifacts = RUNS * TASKS_A_RUN * ARTIFACTS_A_TASK;
      say(`a ledger of ${artifacts} artifacts (some minutes)`);
      await fill(ledger);
      say('lineage queries');
      const tookMs = await query(ledger);
      const what = `lineage of one run in a ledger of ${artifacts} artifacts`;
      return [
        shown(`${what}: median`, percentile(tookMs, 0.5), 'ms', null),
        atMost(`${what}: 95th percentile`, percentile(tookMs, 0.95), 'ms', 20, null),
      ];
    } finally {
      await ledger.close();
      rmSync(dir, { recursive: true, force: true });
    }
  },
};

async function fill(ledger: Ledger): Promise<void> {
  let next = 0;
  const worker = async () => {
    for (let run = next++; run < RUNS; run = next++) await recordRun(ledger, String(run));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** A chain: each task reads what the one before it made. */
async function recordRun(ledger: Ledger, runId: string): Promise<void> {
  let previous: TaskAttempt | null = null;
  for (let at = 0; at < TASKS_A_RUN; at += 1) {
    const own: TaskAttempt = task({ runId, stepName: `step${at}`, taskId: String(at) });
    await recordTask(ledger, own, previous);
    previous = own;
  }
}

const NAMES = Array.from({ length: ARTIFACTS_A_TASK }, (_, at) => `made${at}`);

async function recordTask(ledger: Ledger, own: TaskAttempt, read: TaskAttempt | null): Promise<void> {
  const key = attemptKey(own);
  await ledger.openAttempt({
    key,
    opened: openedAttempt({ task: own }),
    destination: 'local',
    openedAtMs: 1,
  });
  await ledger.recordSnapshot(key, {
    variables: NAMES.map((name) => ({
      described: variable({ name, value: undefined, typeMro: ['pandas.DataFrame', 'builtins.object'] }),
      decision: {
        ...{ name, action: 'value', valueClass: 'dataset', rule: 'frame', layer: 'step', reason: '' },
        choices: [],
      },
    })),
    reads: read ? [{ name: 'made0', source: read, sourceKey: attemptKey(read), contentHash: '' }] : [],
  });
  const end = { outcome: 'ok', exception: null, willRetry: false, endedAtUs: 2 } as const;
  await ledger.closeAttempt(key, end, []);
  const qualified = (name: string) => `entity/project/${name}:v${own.runId}-${own.taskId}`;
  await ledger.settleUploaded(key, {
    ...{
      entity: 'entity',
      project: 'project',
      url: '',
      drawnUses: ['made0'],
      usedVersions: [],
      problems: [],
      uploadedAtMs: 3,
    },
    artifacts: NAMES.map((name) => ({
      ...{ variable: name, name, type: 'dataset', version: 'v0', digest: '' },
      qualifiedName: qualified(name),
    })),
  });
}

async function query(ledger: Ledger): Promise<number[]> {
  const tookMs: number[] = [];
  for (let at = 0; at < QUERIES; at += 1) {
    const runId = String((at * 7919) % RUNS);
    const startedMs = performance.now();
    const view = await queryLineage(ledger, `TrainFlow/${runId}`);
    tookMs.push(performance.now() - startedMs);
    if (view?.edges.length !== TASKS_A_RUN - 1)
      throw new Error(`run ${runId} has ${view?.edges.length} edges`);
  }
  return tookMs;
}
