import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attemptKey } from '../../../src/domain/identity.js';
import { Encoding } from '../../../src/grpc/gen/metaflow_wandb/v1/ingest.js';
import { LocalSidecar } from '../../support/local-sidecar.js';
import { closeMessage, FRAME, openMessage, snapshotMessage } from '../../support/task-stream.js';

const SIBLINGS = 100;
const STREAMS = 8;
const FLOWS = ['Train', 'Other'] as const;

type Flow = (typeof FLOWS)[number];
const taskOf = (flowName: Flow, stepName: string, taskId: string) => ({
  metadataProvider: 'local@test',
  ...{ flowName, runId: '1', stepName, taskId, attempt: 0 },
});

describe('a foreach whose siblings all log df, while another flow logs df too', () => {
  let sidecar: LocalSidecar;
  beforeAll(async () => {
    sidecar = await LocalSidecar.start();
    await Promise.all(FLOWS.map(runFlow));
  }, 240_000);
  afterAll(() => sidecar.stop());

  /** Siblings on some streams at a time, then the join, which reads what each of them made. */
  async function runFlow(flow: Flow): Promise<void> {
    const ids = Array.from({ length: SIBLINGS }, (_, at) => String(at + 1));
    const waiting = [...ids];
    const worker = async () => {
      for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) await logFrame(flow, id);
    };
    await Promise.all(Array.from({ length: STREAMS }, worker));
    const join = sidecar.stream().send(openMessage({ task: taskOf(flow, 'join', '0') }));
    const reads = ids.map((id) => ({ name: 'df', source: taskOf(flow, 'each', id), contentHash: '' }));
    join.send({ $case: 'snapshot', value: { variables: [], reads } }).send(closeMessage());
    for (const kind of ['opened', 'plan', 'committed'] as const) await join.next(kind);
    await join.end();
  }

  async function logFrame(flow: Flow, taskId: string): Promise<void> {
    const call = sidecar.stream();
    call.send(openMessage({ task: taskOf(flow, 'each', taskId) }, { datasets: true }));
    call.send(snapshotMessage(FRAME));
    await call.next('opened');
    await call.next('plan');
    const data = new TextEncoder().encode(`rows of ${flow}, sibling ${taskId}`);
    const of = { variable: 'df', encoding: Encoding.PARQUET };
    const chunk = { ...of, path: 'df.parquet', data: Buffer.from(data), endOfFile: true };
    call.send({ $case: 'chunk', value: chunk });
    const sizeBytes = BigInt(data.length);
    call.send({ $case: 'payloadEnd', value: { ...of, fileCount: 1, sizeBytes } }).send(closeMessage());
    await call.next('stored');
    await call.next('committed');
    await call.end();
  }

  it.each(FLOWS)(
    'leads the join of %s to the very version of each of its siblings, and to no other',
    async (flow) => {
      const joined = await sidecar.readUntil(
        attemptKey(taskOf(flow, 'join', '0')),
        ({ state, used }) => state === 'finished' && used.length === SIBLINGS,
      );
      const made = new Set<string>();
      for (let at = 1; at <= SIBLINGS; at += 1) {
        const { logged } = await sidecar.read(attemptKey(taskOf(flow, 'each', String(at))));
        for (const { name } of logged) made.add(name);
      }
      expect(made.size).toBe(SIBLINGS);
      expect(new Set(joined.used)).toEqual(made);
    },
    240_000,
  );
});
