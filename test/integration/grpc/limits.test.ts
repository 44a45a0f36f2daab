import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { Encoding } from '../../../src/grpc/gen/metaflow_wandb/v1/ingest.js';
import { type IngestServer, startIngestServer } from '../../support/ingest-server.js';
import { framed, RawConnection } from '../../support/raw-stream.js';
import { filePart, history, metricsMessage } from '../../support/step-log-messages.js';
import {
  closeMessage,
  FRAME,
  INT,
  openMessage,
  snapshotMessage,
  TaskStream,
} from '../../support/task-stream.js';

const MIB = 1024 ** 2;

let server: IngestServer;
const connections: RawConnection[] = [];
afterEach(async () => {
  for (const connection of connections.splice(0)) connection.close();
  await server.close();
});

const stream = () => new TaskStream(server.address);
const ofTask = (taskId: string, options = {}) => {
  const names = { metadataProvider: 'local@test', flowName: 'F', runId: '1', stepName: 's', attempt: 0 };
  return openMessage({ task: { ...names, taskId } }, options);
};
const raw = () => {
  const connection = new RawConnection(server.address);
  connections.push(connection);
  return connection;
};
const chunk = (sizeBytes: number) =>
  ({
    $case: 'chunk',
    value: {
      ...{ variable: 'df', encoding: Encoding.PARQUET, path: 'df.parquet', endOfFile: true },
      data: Buffer.alloc(sizeBytes, 'x'),
    },
  }) as const;

/** A stream that has a plan for one frame. */
async function planned(taskId = '1'): Promise<TaskStream> {
  const call = stream()
    .send(ofTask(taskId, { datasets: true }))
    .send(snapshotMessage(FRAME));
  await call.next('opened');
  await call.next('plan');
  return call;
}

describe('what exceeds a bound is refused, and told which option sets it', () => {
  it.each([
    ['variables', { maxVariables: 1 }, () => snapshotMessage(INT, FRAME), '--max-variables'],
    [
      'a value',
      { maxValueBytes: 10 },
      () => snapshotMessage({ ...INT, valueJson: '"12345678901"' }),
      '--max-value',
    ],
  ] as const)('%s', async (_, limits, message, option) => {
    server = await startIngestServer({ limits });
    const call = stream().send(openMessage()).send(message());
    const refusal = await call.refusal();
    expect(refusal).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    expect(refusal.details).toContain(option);
  });

  it('an artifact', async () => {
    server = await startIngestServer({ limits: { maxPayloadBytes: 1000 } });
    const refusal = await (await planned()).send(chunk(1001)).refusal();
    expect(refusal).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    expect(refusal.details).toContain('--max-payload');
  });

  it('files of an artifact', async () => {
    server = await startIngestServer({ limits: { maxPayloadFiles: 1 } });
    const second = { ...chunk(1), value: { ...chunk(1).value, path: 'other.parquet' } };
    const refusal = await (await planned()).send(chunk(1)).send(second).refusal();
    expect(refusal).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    expect(refusal.details).toContain('--max-files');
  });

  it.each([
    ['calls', { maxLogEntries: 1 }, '--max-log-entries'],
    ['bytes', { maxLogBytes: 150 }, '--max-log'],
    ['files', { maxLogFiles: 1 }, '--max-files'],
  ] as const)("a step's own log: %s", async (_, limits, option) => {
    server = await startIngestServer({ limits });
    const refusal = await stream()
      .send(openMessage())
      .send(filePart(1, 'a'))
      .send(filePart(2, 'b'))
      .send(metricsMessage(history({ loss: 1 }), history({ loss: 2 })))
      .refusal();
    expect(refusal).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    expect(refusal.details).toMatch(new RegExp(`${option}(?!-)`));
  });

  it('a message', async () => {
    server = await startIngestServer({ streamLimits: { maxMessageBytes: 1000 } });
    const refusal = await stream()
      .send(openMessage({ projectName: 'x'.repeat(1000) }))
      .refusal();
    expect(refusal).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    expect(refusal.details).toContain('--max-message');
  });

  it('a message that is small until it is decompressed', async () => {
    server = await startIngestServer({ streamLimits: { maxMessageBytes: 10_000 } });
    const bomb = framed(gzipSync(Buffer.alloc(MIB)), undefined, 1);
    const { code, details } = await raw().call({ 'grpc-encoding': 'gzip' }).send(bomb).end;
    expect(code).toBe(status.RESOURCE_EXHAUSTED);
    expect(details).toContain('--max-message');
  });

  it('a stream beyond the number that may be open, until another one ends', async () => {
    server = await startIngestServer({ streamLimits: { maxStreams: 2 } });
    const [first, second] = [stream().send(ofTask('1')), stream().send(ofTask('2'))];
    await first.next('opened');
    await second.next('opened');
    const refusal = await stream().send(ofTask('3')).refusal();
    expect(refusal).toMatchObject({ code: status.UNAVAILABLE });
    expect(refusal.details).toContain('--max-streams');
    first.send(closeMessage());
    await first.next('committed');
    await first.end();
    await stream().send(ofTask('3')).next('opened');
  });

  it('a stream that brings nothing for too long', async () => {
    server = await startIngestServer({ streamLimits: { streamIdleMs: 100 } });
    const call = stream().send(openMessage());
    await call.next('opened');
    const refusal = await call.refusal();
    expect(refusal).toMatchObject({ code: status.UNAVAILABLE });
    expect(refusal.details).toContain('--stream-idle');
    while (server.streams.count > 0) await delay(10);
  });
});

describe('the memory for messages', () => {
  it('is shared out: a message waits until there is room, and those of a lost stream make room', async () => {
    server = await startIngestServer({ streamLimits: { maxMemoryBytes: 4 * MIB, maxMessageBytes: 2 * MIB } });
    const order: string[] = [];
    const half = raw()
      .call()
      .send(framed(Buffer.alloc(MIB), 1.5 * MIB));
    const call = await planned();
    call.send(chunk(MIB)).send(payloadEnd(MIB));
    const stored = call.next('stored').then(() => order.push('stored'));
    await delay(200);
    order.push('room');
    half.vanish();
    await stored;
    expect(order).toEqual(['room', 'stored']);
  });

  it('is given back by each message, so that more than fits goes through', async () => {
    server = await startIngestServer({ streamLimits: { maxMemoryBytes: 4 * MIB, maxMessageBytes: 2 * MIB } });
    const sendAll = async (taskId: string) => {
      const call = await planned(taskId);
      const more = { ...chunk(MIB), value: { ...chunk(MIB).value, endOfFile: false } };
      call
        .send(more)
        .send(more)
        .send(chunk(MIB))
        .send(payloadEnd(3 * MIB))
        .send(closeMessage());
      await call.next('stored');
      return call.next('committed');
    };
    const ended = await Promise.all(['1', '2', '3', '4'].map(sendAll));
    expect(ended.map(({ loggedVariables }) => loggedVariables)).toEqual([1, 1, 1, 1]);
  });
});

describe('what is not the protocol', () => {
  it.each([
    ['bytes that are no message', {}, framed(Buffer.from('ffffffffff', 'hex'))],
    [
      'a message said to be compressed that is not',
      { 'grpc-encoding': 'gzip' },
      framed(Buffer.from('x'), 1, 1),
    ],
    ['a time limit that is none', { 'grpc-timeout': 'soon' }, framed(new Uint8Array())],
  ])('is refused as such: %s', async (_, headers, bytes) => {
    server = await startIngestServer();
    expect(await raw().call(headers).send(bytes).end).toMatchObject({ code: status.INVALID_ARGUMENT });
  });
});

function payloadEnd(sizeBytes: number) {
  const value = {
    ...{ variable: 'df', encoding: Encoding.PARQUET, fileCount: 1 },
    sizeBytes: BigInt(sizeBytes),
  };
  return { $case: 'payloadEnd', value } as const;
}
