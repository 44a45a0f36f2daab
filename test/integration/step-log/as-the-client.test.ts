import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StepLogEntry } from '../../../src/domain/step-log.js';
import { createPythoniaUploader, type PythoniaUploader } from '../../../src/wandb/pythonia-uploader.js';
import { type PythonDialogue, pythonBin, startDialogue } from '../../support/python.js';
import { historyCall, metricDefined, stepLogUpload, valuesSet } from '../../support/step-log.js';
import { uploadRequest } from '../../support/upload-request.js';
import { expectDone } from '../../support/uploader-contract.js';
import { startWandbServer, type WandbServer } from '../../support/wandb-server.js';

/** A call as `log_calls.py` makes it with W&B's client. */
type Call =
  | readonly ['define', name: string, summary: string, stepMetric: string]
  | readonly ['log', values: Record<string, unknown>, step: number | null, commit: boolean | null]
  | readonly ['summary', values: Record<string, unknown>];

const VALUE = fc.oneof(
  fc.integer({ min: -5, max: 5 }),
  fc.constantFrom<unknown[]>(0.5, -1.25, 'text', 'NaN', true, null, [1, 2]),
);
// Under a key of their own: where a key has both, the client's summary is not the same each time.
const OBJECT = fc.constantFrom({ a: 1 }, { b: { c: 2 } }, { a: 'x', b: { d: 3 } }, { b: { d: null } });
const NUMBER = fc.integer({ min: -9, max: 9 });
const VALUES = fc.record(
  { loss: VALUE, acc: NUMBER, b_one: NUMBER, b_two: NUMBER, epoch: NUMBER, other: VALUE, deep: OBJECT },
  { requiredKeys: [] },
);
const DEFINE: fc.Arbitrary<Call> = fc.tuple(
  fc.constant('define' as const),
  fc.constantFrom('acc', 'b_*', 'epoch'),
  fc.constantFrom('', 'min', 'max', 'mean', 'last', 'first', 'none', 'min,max,last'),
  fc.constant(''),
);
const LOG: fc.Arbitrary<Call> = fc.tuple(
  fc.constant('log' as const),
  VALUES,
  fc.option(fc.integer({ min: 0, max: 30 })),
  fc.option(fc.boolean()),
) as fc.Arbitrary<Call>;
const SUMMARY: fc.Arbitrary<Call> = fc.tuple(
  fc.constant('summary' as const),
  fc.record({ other: NUMBER, mine: VALUE.filter((value) => value !== 'NaN') }, { requiredKeys: [] }),
);
const SCRIPT = fc
  .tuple(
    fc.array(DEFINE, { maxLength: 3 }),
    fc.array(fc.oneof({ arbitrary: LOG, weight: 6 }, { arbitrary: SUMMARY, weight: 1 }), {
      minLength: 12,
      maxLength: 30,
    }),
  )
  .map(([definitions, calls]) => [...definitions, ...calls]);

describe('a log of a step', () => {
  let server: WandbServer;
  let uploader: PythoniaUploader;
  let client: PythonDialogue;
  beforeAll(async () => {
    server = await startWandbServer();
    uploader = createPythoniaUploader({ dataDir: server.dir, pythonBin, workers: 1 });
    const { baseUrl: WANDB_BASE_URL, apiKey: WANDB_API_KEY } = server.target;
    const places = { HOME: server.dir, WANDB_DIR: server.dir };
    client = startDialogue('log_calls.py', { ...places, WANDB_BASE_URL, WANDB_API_KEY });
  });
  afterAll(async () => {
    await client.close();
    await uploader.close();
    await server.close();
  });

  function entry(call: Call): StepLogEntry {
    if (call[0] === 'summary') return valuesSet('summary', call[1]);
    if (call[0] === 'log') return historyCall(call[1], { step: call[2], commit: call[3] });
    return metricDefined(call[1], call[2] === '' ? [] : call[2].split(','), call[3]);
  }

  it('makes the rows and the summary that W&B makes of the same calls', async () => {
    for (const script of fc.sample(SCRIPT, { numRuns: 12, seed: 7 })) {
      const [entity, project, runId] = JSON.parse(await client.ask(JSON.stringify(script)));
      const theirs = await server.read({ entity, project, runId });
      const log = await stepLogUpload(server.dir, script.map(entry));
      const request = uploadRequest(server.target, { ...log, row: null });
      expectDone(await uploader.upload(request));
      const ours = await server.read(request.run);
      const told = `after ${JSON.stringify(script)}`;
      expect(ours.history.map(withoutTime), told).toEqual(theirs.history.map(withoutTime));
      expect(withoutTime(ours.summary), told).toEqual(withoutTime(theirs.summary));
    }
  });
});

function withoutTime(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { _runtime, _timestamp, _wandb, ...rest } = values;
  return rest;
}
