import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { attemptKey } from '../../../src/domain/identity.js';
import { Encoding } from '../../../src/grpc/gen/metaflow_wandb/v1/ingest.js';
import { type IngestServer, startIngestServer } from '../../support/ingest-server.js';
import {
  closeMessage,
  FRAME,
  INT,
  openMessage,
  snapshotMessage,
  TaskStream,
} from '../../support/task-stream.js';

const KEY = attemptKey({
  metadataProvider: 'local@test',
  flowName: 'TestFlow',
  runId: '1',
  stepName: 'start',
  taskId: '1',
  attempt: 0,
});

let server: IngestServer;
beforeEach(async () => {
  server = await startIngestServer({
    limits: { maxPayloadBytes: 1000, maxVariables: 10, maxValueBytes: 100 },
  });
});
afterEach(() => server.close());

const stream = () => new TaskStream(server.address);
const chunk = (data: string, more: object = {}) =>
  ({
    $case: 'chunk',
    value: {
      variable: 'df',
      encoding: Encoding.PARQUET,
      path: 'df.parquet',
      data: Buffer.from(data),
      endOfFile: true,
      ...more,
    },
  }) as const;
const payloadEnd = (sizeBytes: bigint, fileCount = 1, encoding = Encoding.PARQUET) =>
  ({ $case: 'payloadEnd', value: { variable: 'df', encoding, fileCount, sizeBytes } }) as const;

/** A stream that has a plan for one frame. */
async function planned(): Promise<TaskStream> {
  const call = stream().send(openMessage({}, { datasets: true }));
  await call.next('opened');
  call.send(snapshotMessage(FRAME));
  await call.next('plan');
  return call;
}

describe('a task attempt', () => {
  it('is opened, planned, stored and committed, and is then in the ledger and the blob store', async () => {
    const call = stream().send(openMessage({}, { datasets: true }));
    expect(await call.next('opened')).toMatchObject({ enabled: true, wandbRunId: KEY });
    call.send(snapshotMessage(INT, FRAME));
    const { variables } = await call.next('plan');
    expect(variables.map(({ name, choices }) => [name, choices.map((c) => c.fileName)])).toEqual([
      ['n', []],
      ['df', ['df.parquet', 'df.pkl']],
    ]);
    call
      .send(chunk('abc', { endOfFile: false }))
      .send(chunk('def'))
      .send(payloadEnd(6n));
    const digest = createHash('sha256').update('abcdef').digest('hex');
    expect(await call.next('stored')).toMatchObject({ variable: 'df', digest, sizeBytes: 6n });
    call.send(closeMessage());
    expect(await call.next('committed')).toMatchObject({ loggedVariables: 2, skippedVariables: 0 });
    await call.end();

    const attempt = await server.ledger.getAttempt(KEY);
    expect(attempt).toMatchObject({ state: 'held', outcome: 'ok', pathspec: 'TestFlow/1/start/1' });
    expect(attempt?.variables[1]?.payload).toMatchObject({ digest, encoding: 'parquet' });
    expect(await readFile(await server.blobs.localPath(digest), 'utf8')).toBe('abcdef');
  });

  it('may be closed without waiting for any answer', async () => {
    const call = stream().send(openMessage()).send(snapshotMessage(INT)).send(closeMessage());
    await call.next('opened');
    await call.next('plan');
    expect(await call.next('committed')).toMatchObject({ loggedVariables: 1 });
  });

  it('falls back to another encoding, and what came before is dropped', async () => {
    const call = await planned();
    call.send(chunk('broken'));
    call.send(chunk('pickled', { encoding: Encoding.PICKLE, path: 'df.pkl' }));
    call.send(payloadEnd(7n, 1, Encoding.PICKLE)).send(closeMessage());
    expect(await call.next('stored')).toMatchObject({ sizeBytes: 7n });
    await call.next('committed');
    const attempt = await server.ledger.getAttempt(KEY);
    expect(attempt?.variables[0]?.payload?.files.map(({ path }) => path)).toEqual(['df.pkl']);
  });

  it('keeps the reason why a payload will not come, and the rest is logged', async () => {
    const call = stream().send(openMessage({}, { datasets: true }));
    call.send(snapshotMessage(INT, FRAME));
    const reason = "a lambda can't be pickled";
    call.send({ $case: 'payloadSkipped', value: { variable: 'df', reason } }).send(closeMessage());
    await call.next('opened');
    await call.next('plan');
    await call.next('stored');
    expect(await call.next('committed')).toMatchObject({ loggedVariables: 1, skippedVariables: 1 });
    const attempt = await server.ledger.getAttempt(KEY);
    expect(attempt?.variables[1]?.decision).toMatchObject({ action: 'skip' });
    expect(attempt?.variables[1]?.decision.reason).toContain(reason);
  });

  it('is not recorded where the step opted out', async () => {
    const call = stream().send(openMessage({}, { enabled: false }));
    expect(await call.next('opened')).toMatchObject({ enabled: false });
    await call.end();
    expect(await server.ledger.getAttempt(KEY)).toBeNull();
  });

  it('is not doubled by a second stream after it was finished', async () => {
    for (let round = 0; round < 2; round += 1) {
      const call = stream().send(openMessage()).send(snapshotMessage(INT)).send(closeMessage());
      await call.next('opened');
      await call.next('plan');
      await call.next('committed');
      await call.end();
    }
    expect(await server.ledger.listAttempts({ pathspecPrefix: null, state: null }, 10)).toHaveLength(1);
    expect((await server.ledger.getAttempt(KEY))?.variables).toHaveLength(1);
  });

  it('is taken over by a second stream while the first is unfinished', async () => {
    const first = stream().send(openMessage()).send(snapshotMessage(INT));
    await first.next('opened');
    await first.next('plan');
    const second = stream().send(openMessage());
    await second.next('opened');
    first.send(closeMessage());
    expect(await first.refusal()).toMatchObject({ code: status.ABORTED });
    second.send(snapshotMessage({ ...INT, name: 'other' })).send(closeMessage());
    await second.next('plan');
    await second.next('committed');
    const attempt = await server.ledger.getAttempt(KEY);
    expect(attempt?.variables.map(({ described }) => described.name)).toEqual(['other']);
  });

  it('has crashed when its stream has been gone for a minute, and keeps what had arrived', async () => {
    const call = stream().send(openMessage()).send(snapshotMessage(INT));
    await call.next('opened');
    await call.next('plan');
    call.vanish();
    while (server.streams.count > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(await server.streams.closeCrashed()).toEqual([]);
    server.clock.now += 61_000;
    expect(await server.streams.closeCrashed()).toEqual([KEY]);
    const attempt = await server.ledger.getAttempt(KEY);
    expect(attempt).toMatchObject({ outcome: 'crashed', state: 'held' });
    expect(attempt?.variables).toHaveLength(1);
  });

  it('that comes back after it counted as crashed is taken up again', async () => {
    const lost = stream().send(openMessage());
    await lost.next('opened');
    lost.vanish();
    while (server.streams.count > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    server.clock.now += 61_000;
    await server.streams.closeCrashed();
    const call = stream().send(openMessage()).send(snapshotMessage(INT)).send(closeMessage());
    await call.next('opened');
    await call.next('plan');
    await call.next('committed');
    expect(await server.ledger.getAttempt(KEY)).toMatchObject({ outcome: 'ok' });
  });
});

describe('a stream is refused with a status and a message', () => {
  it('for another major version', async () => {
    const call = stream().send(openMessage({ protocol: { major: 2, minor: 0 } }));
    const refusal = await call.refusal();
    expect(refusal).toMatchObject({ code: status.FAILED_PRECONDITION });
    expect(refusal.details).toContain('version 2');
  });

  it('but not for a newer minor version', async () => {
    const call = stream().send(openMessage({ protocol: { major: 1, minor: 99 } }));
    await call.next('opened');
  });

  it.each([
    ['a snapshot before it was opened', () => stream().send(snapshotMessage(INT))],
    ['a second open', () => stream().send(openMessage()).send(openMessage())],
    ['a close before it was opened', () => stream().send(closeMessage())],
    ['a chunk before the plan', () => stream().send(openMessage()).send(chunk('abc'))],
  ])('for %s', async (_, start) => {
    expect(await start().refusal()).toMatchObject({ code: status.INVALID_ARGUMENT });
  });

  it('for the end of a payload in the middle of a file', async () => {
    const call = await planned();
    call.send(chunk('abc', { endOfFile: false })).send(payloadEnd(3n));
    expect(await call.refusal()).toMatchObject({ code: status.INVALID_ARGUMENT });
  });

  it('for a payload shorter than announced', async () => {
    const call = await planned();
    call.send(chunk('abc')).send(payloadEnd(4n));
    expect((await call.refusal()).details).toContain('df');
  });

  it.each(['../df', '/etc/passwd', 'a/../b', 'a//b', '', '.'])('for the file name %j', async (path) => {
    const call = await planned();
    call.send(chunk('abc', { path }));
    expect(await call.refusal()).toMatchObject({ code: status.INVALID_ARGUMENT });
  });

  it('for an encoding that was not asked for', async () => {
    const call = await planned();
    call.send(chunk('abc', { encoding: Encoding.TORCH }));
    expect(await call.refusal()).toMatchObject({ code: status.INVALID_ARGUMENT });
  });

  it.each([
    ['too many variables', Array.from({ length: 11 }, (_, i) => ({ ...INT, name: `v${i}` }))],
    ['a value that is too large', [{ ...INT, valueJson: `"${'x'.repeat(100)}"` }]],
  ])('for %s', async (_, variables) => {
    const call = stream()
      .send(openMessage())
      .send(snapshotMessage(...variables));
    expect(await call.refusal()).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
  });

  it('for a payload that is too large', async () => {
    const call = await planned();
    call.send(chunk('x'.repeat(1001)));
    expect(await call.refusal()).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
  });

  it.each([
    ['a value that is not JSON', [{ ...INT, valueJson: '{' }]],
    ['a name that occurs twice', [INT, INT]],
    ['an empty name', [{ ...INT, name: '' }]],
    ['a negative size', [{ ...INT, sizeBytes: -1n }]],
  ])('for %s, and names the field', async (_, variables) => {
    const call = stream()
      .send(openMessage())
      .send(snapshotMessage(...variables));
    const refusal = await call.refusal();
    expect(refusal).toMatchObject({ code: status.INVALID_ARGUMENT });
    expect(refusal.details).toMatch(/variables|value_json|size_bytes/);
  });

  it('and loses nothing of other streams', async () => {
    const healthy = stream().send(openMessage());
    await healthy.next('opened');
    await stream().send(closeMessage()).refusal();
    healthy.send(snapshotMessage(INT)).send(closeMessage());
    await healthy.next('plan');
    expect(await healthy.next('committed')).toMatchObject({ loggedVariables: 1 });
  });
});

describe('over TCP', () => {
  it('a client without the token is refused and told what to set', async () => {
    const guarded = await startIngestServer({ token: 'a-secret-of-16-chars' });
    try {
      for (const token of [undefined, 'wrong', 'a-secret-of-16-char']) {
        const refusal = await new TaskStream(guarded.address, token).send(openMessage()).refusal();
        expect(refusal).toMatchObject({ code: status.UNAUTHENTICATED });
        expect(refusal.details).toContain('METAFLOW_WANDB_TOKEN');
      }
      const call = new TaskStream(guarded.address, 'a-secret-of-16-chars').send(openMessage());
      await call.next('opened');
      await call.end();
    } finally {
      await guarded.close();
    }
  });
});
