import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { attemptKey } from '../../../src/domain/identity.js';
import type { StepLogEntry } from '../../../src/domain/step-log.js';
import type { RecordTaskRequest } from '../../../src/grpc/gen/metaflow_wandb/v1/ingest.js';
import { type IngestServer, startIngestServer } from '../../support/ingest-server.js';
import {
  change,
  filePart,
  history,
  loggedArtifact,
  metric,
  metricsMessage,
  runFile,
} from '../../support/step-log-messages.js';
import { closeMessage, openMessage, TaskStream } from '../../support/task-stream.js';

const KEY = attemptKey({
  ...{ metadataProvider: 'local@test', flowName: 'TestFlow', runId: '1' },
  ...{ stepName: 'start', taskId: '1', attempt: 0 },
});

type RecordMessage = NonNullable<RecordTaskRequest['message']>;

let server: IngestServer;
beforeEach(async () => {
  server = await startIngestServer({
    limits: {
      maxValueBytes: 100,
      maxPayloadBytes: 1000,
      maxOpenLogFiles: 2,
      maxLogFiles: 3,
      maxLogEntries: 20_000,
    },
  });
});
afterEach(() => server.close());

async function opened(): Promise<TaskStream> {
  const call = new TaskStream(server.address).send(openMessage());
  await call.next('opened');
  return call;
}

async function commit(call: TaskStream): Promise<void> {
  call.send(closeMessage());
  await call.next('committed');
  await call.end();
}

async function kept(): Promise<StepLogEntry[]> {
  const all: StepLogEntry[] = [];
  for (let from = 0; ; ) {
    const { entries, next } = await server.ledger.readLog(KEY, from);
    if (entries.length === 0) return all;
    all.push(...entries);
    from = next;
  }
}

const losses = async () =>
  (await kept()).map((entry) => (entry.kind === 'history' ? entry.items[0]?.[1] : entry.kind));

describe("a step's own log", () => {
  it('is in the ledger and its files are in the blob store once the attempt is committed', async () => {
    const call = await opened();
    call
      .send(filePart(1, 'ab', false))
      .send(filePart(2, 'other'))
      .send(filePart(1, 'c'));
    call.send(metricsMessage(history({ loss: 0.5 }, { step: 3 }), runFile('media/x.txt', 1)));
    await commit(call);
    const sha256 = createHash('sha256').update('abc').digest('hex');
    expect(await kept()).toMatchObject([
      { kind: 'history', items: [['loss', '0.5']], step: 3, commit: null },
      { kind: 'file', file: { path: 'media/x.txt', sha256, sizeBytes: 3 } },
    ]);
    expect(await readFile(await server.blobs.localPath(sha256), 'utf8')).toBe('abc');
  });

  it('keeps numbers as the step wrote them, and leaves out what a newer shim may send', async () => {
    const call = await opened();
    const long = history({ loss: 0 });
    if (long.$case === 'history' && long.value.items[0])
      long.value.items[0].valueJson = '12345678901234567890.0';
    const unknown: RecordMessage = {
      $case: 'metrics',
      value: { entries: [{ entry: undefined, loggedAtUs: 1n }] },
    };
    call.send(unknown).send(metricsMessage(long));
    await commit(call);
    expect(await losses()).toEqual(['12345678901234567890.0']);
  });

  it('keeps ten thousand calls in order, in a few writes', async () => {
    const call = await opened();
    for (let index = 0; index < 10_000; index += 1) call.send(metricsMessage(history({ loss: index })));
    await commit(call);
    expect(await losses()).toEqual(Array.from({ length: 10_000 }, (_, index) => String(index)));
  });

  it('is kept as far as it had come when the step went away without a word', async () => {
    const call = await opened();
    call.send(metricsMessage(history({ loss: 1 }))).send(filePart(1, 'half', false));
    while ((await kept()).length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    call.vanish();
    while (server.streams.count > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    server.clock.now += 61_000;
    expect(await server.streams.closeCrashed()).toEqual([KEY]);
    expect(await losses()).toEqual(['1']);
  });

  it('begins anew with a second stream, but not once the attempt is finished', async () => {
    const first = await opened();
    first.send(metricsMessage(history({ loss: 1 })));
    while ((await kept()).length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    const second = await opened();
    second.send(metricsMessage(history({ loss: 2 })));
    await commit(second);
    first.send(metricsMessage(history({ loss: 3 })));
    expect(await first.refusal()).toMatchObject({ code: status.ABORTED });
    const third = await opened();
    third.send(metricsMessage(history({ loss: 4 })));
    await commit(third);
    expect(await losses()).toEqual(['2']);
  });

  const entry = (path: string, fileId: bigint) => ({
    ...{ path, fileId, reference: '', digest: '', sizeBytes: 0n, extraJson: '' },
  });
  const raw = (valueJson: string) => {
    const value = history({ loss: 0 });
    if (value.$case === 'history' && value.value.items[0]) value.value.items[0].valueJson = valueJson;
    return metricsMessage(value);
  };
  const CASES: readonly [string, status, readonly RecordMessage[]][] = [
    ['a value that is no JSON', status.INVALID_ARGUMENT, [raw('NaN')]],
    ['an empty value', status.INVALID_ARGUMENT, [raw('')]],
    ['a value over its bound', status.RESOURCE_EXHAUSTED, [raw(`"${'x'.repeat(200)}"`)]],
    ['a file that did not come', status.INVALID_ARGUMENT, [metricsMessage(runFile('a', 9))]],
    [
      'a file that is not whole',
      status.INVALID_ARGUMENT,
      [filePart(1, 'a', false), metricsMessage(runFile('a', 1))],
    ],
    [
      'a path that leads out',
      status.INVALID_ARGUMENT,
      [filePart(1, 'a'), metricsMessage(runFile('../a', 1))],
    ],
    ['a file sent twice', status.INVALID_ARGUMENT, [filePart(1, 'a'), filePart(1, 'b')]],
    ['files over their bound', status.RESOURCE_EXHAUSTED, [filePart(1, 'x'.repeat(2000))]],
    ['many files at once', status.RESOURCE_EXHAUSTED, [1, 2, 3].map((id) => filePart(id, 'x', false))],
    ['many files', status.RESOURCE_EXHAUSTED, [1, 2, 3, 4].map((id) => filePart(id, 'x'))],
    ['many entries', status.RESOURCE_EXHAUSTED, [metricsMessage(...Array(20_001).fill(history({ a: 1 })))]],
    [
      'an unknown aggregate',
      status.INVALID_ARGUMENT,
      [metricsMessage(metric({ name: 'a', summary: ['median'] }))],
    ],
    [
      'a change of nothing',
      status.INVALID_ARGUMENT,
      [metricsMessage({ $case: 'config', value: { updated: [], removed: [{ path: [] }] } })],
    ],
    ['an artifact without a name', status.INVALID_ARGUMENT, [metricsMessage(loggedArtifact({ type: 'x' }))]],
    [
      'an artifact whose file did not come',
      status.INVALID_ARGUMENT,
      [metricsMessage(loggedArtifact({ name: 'a', type: 'x', entries: [entry('f', 5n)] }))],
    ],
    [
      'metadata that is no object',
      status.INVALID_ARGUMENT,
      [metricsMessage(loggedArtifact({ name: 'a', type: 'x', metadataJson: '[1]' }))],
    ],
    [
      'a log after the end',
      status.INVALID_ARGUMENT,
      [closeMessage(), metricsMessage(change('config', { a: 1 }))],
    ],
  ];
  it.each(CASES)('is refused with %s', async (_, code, messages) => {
    const call = await opened();
    for (const message of messages) call.send(message);
    expect(await call.refusal()).toMatchObject({ code });
  });
});
