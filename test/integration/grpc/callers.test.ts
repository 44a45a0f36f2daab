import { setTimeout as delay } from 'node:timers/promises';
import { credentials, ServerCredentials, type ServiceError, status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { attemptKey } from '../../../src/domain/identity.js';
import { type Open, RecordTaskRequest } from '../../../src/grpc/gen/metaflow_wandb/v1/ingest.js';
import { type IngestServer, startIngestServer } from '../../support/ingest-server.js';
import { framed, RawConnection } from '../../support/raw-stream.js';
import {
  closeMessage,
  FRAME,
  INT,
  openMessage,
  snapshotMessage,
  TaskStream,
} from '../../support/task-stream.js';
import { tlsFile } from '../../support/tls.js';

const OWN = 'the-token-of-the-sidecar';
const TENANTS = [
  { name: 'red', token: 'the-token-of-team-red' },
  { name: 'client', token: 'the-token-of-the-client' },
];
const [RED, CLIENT] = TENANTS.map(({ token }) => token);
const task = (overrides: Partial<NonNullable<Open['task']>> = {}) => ({
  ...{ metadataProvider: 'local@test', flowName: 'TestFlow', runId: '1', stepName: 'start', taskId: '1' },
  ...{ attempt: 0, ...overrides },
});

let server: IngestServer;
afterEach(() => server.close());

/** Code of a call that was refused; OK where it was answered. */
function codeOf(answer: Promise<unknown>): Promise<number> {
  return answer.then(
    () => status.OK,
    (error: ServiceError) => error.code,
  );
}

describe('a sidecar that tenants share', () => {
  const stream = (token: string | undefined, more: Record<string, string> = {}) =>
    new TaskStream(server.address, token, { more });

  /** Runs a whole task that makes or reads `df`; its key. */
  async function run(token: string | undefined, stepName: string, reads: readonly string[] = []) {
    const call = stream(token).send(openMessage({ task: task({ stepName }) }, { datasets: true }));
    const { wandbRunId } = await call.next('opened');
    const message = snapshotMessage(INT);
    if (message.$case !== 'snapshot') throw new Error('not a snapshot');
    message.value.reads = reads.map((from) => ({
      ...{ name: 'df', source: task({ stepName: from }), contentHash: 'h' },
    }));
    call.send(message);
    await call.next('plan');
    const close = closeMessage();
    if (close.$case !== 'close') throw new Error('not a close');
    if (reads.length === 0)
      close.value.contentHashes = [{ name: 'df', contentHash: 'h', inheritedFrom: undefined }];
    call.send(close);
    await call.next('committed');
    await call.end();
    return wandbRunId;
  }

  it('lets in who shows its token or one of theirs, and nobody else', async () => {
    server = await startIngestServer({ token: OWN, tenants: TENANTS });
    for (const token of [OWN, RED, CLIENT]) await run(token, `step${token?.length}`);
    for (const token of [undefined, 'wrong', RED?.slice(0, -1), `${RED}x`, '']) {
      const refusal = stream(token).send(openMessage()).refusal();
      expect(await refusal, token).toMatchObject({ code: status.UNAUTHENTICATED });
    }
  });

  it('keeps equally named tasks of tenants apart, also while they run', async () => {
    server = await startIngestServer({ token: OWN, tenants: TENANTS });
    const open = async (token: string | undefined) => {
      const call = stream(token).send(openMessage({}, { datasets: true }));
      return { call, key: (await call.next('opened')).wandbRunId };
    };
    const calls = [await open(OWN), await open(RED), await open(CLIENT)];
    expect(new Set(calls.map(({ key }) => key)).size).toBe(3);
    for (const { call } of calls) {
      call.send(snapshotMessage(FRAME));
      await call.next('plan');
      call.send(closeMessage());
      await call.next('committed');
      await call.end();
    }
    expect(await server.ledger.counts()).toMatchObject({ held: 3 });
  });

  it('takes nobody for another for what it says of itself', async () => {
    server = await startIngestServer({ token: OWN, tenants: TENANTS });
    const posing = openMessage({ task: task({ metadataProvider: 'tenant:red/local@test' }) });
    expect(await stream(OWN).send(posing).refusal()).toMatchObject({ code: status.INVALID_ARGUMENT });
    const red = await run(RED, 'start');
    for (const token of [OWN, CLIENT]) {
      const call = stream(token, { 'metaflow-wandb-tenant': 'red' });
      call.send(openMessage({ task: task() }));
      expect((await call.next('opened')).wandbRunId).not.toBe(red);
      call.vanish();
    }
    const call = stream(CLIENT).send(posing);
    expect((await call.next('opened')).wandbRunId).not.toBe(red);
    call.vanish();
  });

  it("draws no lineage to another tenant's task, and draws it to their own", async () => {
    server = await startIngestServer({ token: OWN, tenants: TENANTS });
    const maker = await run(RED, 'start');
    const makerOf = async (key: string) => (await server.ledger.getAttempt(key))?.reads[0]?.makerKey;
    expect(await makerOf(await run(CLIENT, 'end', ['start']))).toBeNull();
    expect(await makerOf(await run(OWN, 'end', ['start']))).toBeNull();
    expect(await makerOf(await run(RED, 'end', ['start']))).toBe(maker);
    expect(maker).not.toBe(attemptKey(task()));
  });
});

describe('a connection that is reset while its call comes in', () => {
  const OPENS = 40;
  const open = RecordTaskRequest.encode({ message: openMessage() }).finish();

  async function resetWith(token: string | undefined, delayMs: number): Promise<void> {
    const connection = new RawConnection(server.address, token);
    connection.call().send(framed(open));
    await delay(delayMs);
    await connection.reset();
    connection.close();
  }

  it('passes for nobody who may come in without a token', async () => {
    server = await startIngestServer({ token: OWN });
    for (let each = 0; each < OPENS; each += 1) await resetWith(undefined, each % 4);
    await delay(200);
    expect(await server.ledger.counts()).toMatchObject({ open: 0, held: 0 });
    for (let each = 0; each < OPENS; each += 1) await resetWith(OWN, each % 4);
    await expect.poll(async () => (await server.ledger.counts()).open).toBe(1);
  });
});

describe('a client certificate', () => {
  const serverSide = () =>
    ServerCredentials.createSsl(
      tlsFile('ca.pem'),
      [{ cert_chain: tlsFile('server.pem'), private_key: tlsFile('server.key') }],
      true,
    );
  const withCertificate = () =>
    credentials.createSsl(tlsFile('ca.pem'), tlsFile('client.key'), tlsFile('client.pem'));
  const open = async (token?: string, channel = withCertificate()) => {
    const call = new TaskStream(server.address.replace('127.0.0.1', 'localhost'), token, { channel });
    call.send(openMessage());
    const { wandbRunId } = await call.next('opened');
    call.vanish();
    return wandbRunId;
  };

  it("stands for the sidecar's token, and a wrong token beside it does not pass", async () => {
    server = await startIngestServer({ token: OWN, credentials: serverSide() });
    expect(await open()).toBe(attemptKey(task()));
    expect(await codeOf(open('wrong'))).toBe(status.UNAUTHENTICATED);
    expect(await codeOf(open(OWN, credentials.createSsl(tlsFile('ca.pem'))))).toBe(status.UNAVAILABLE);
  });

  it('stands for the tenant that it is named after, where there are tenants, and for no other', async () => {
    server = await startIngestServer({ token: OWN, tenants: TENANTS, credentials: serverSide() });
    expect(await open()).toBe(await open(CLIENT));
    expect(await open()).not.toBe(await open(OWN));
    await server.close();
    server = await startIngestServer({ token: OWN, tenants: TENANTS.slice(0, 1), credentials: serverSide() });
    expect(await codeOf(open())).toBe(status.UNAUTHENTICATED);
    expect(await open(OWN)).toBe(attemptKey(task()));
  });
});
