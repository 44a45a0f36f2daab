import { connect, constants } from 'node:http2';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RecordTaskRequest } from '../../../src/grpc/gen/metaflow_wandb/v1/ingest.js';
import { type IngestServer, startIngestServer } from '../../support/ingest-server.js';
import { framed, type RawCall, RawConnection } from '../../support/raw-stream.js';
import { INT, openMessage, snapshotMessage } from '../../support/task-stream.js';

const UNREAD_MS = 1500;

let server: IngestServer;
let connection: RawConnection;
beforeEach(async () => {
  server = await startIngestServer({ streamLimits: { answerUnreadMs: UNREAD_MS } });
  // Nothing that the sidecar answers gets through.
  connection = new RawConnection(server.address, undefined, 0);
});
afterEach(async () => {
  connection.close();
  await server.close();
});

const bytesOf = (message: RecordTaskRequest['message']) =>
  framed(RecordTaskRequest.encode({ message }).finish());

const SNAPSHOT = bytesOf(snapshotMessage(INT));
const NO_MESSAGE = framed(Buffer.alloc(9, 0xff));

/** A call that has begun an attempt, whose answer can't be delivered, and that has said more than is read ahead. */
async function stuckCall(next = SNAPSHOT): Promise<RawCall> {
  const call = connection.call().send(bytesOf(openMessage()));
  await call.answered;
  expect(server.streams.count).toBe(1);
  for (const bytes of [next, SNAPSHOT, SNAPSHOT]) {
    call.send(bytes);
    await delay(20);
  }
  return call;
}

describe('a stream whose answers do not get through', () => {
  it('is gone when its step is', async () => {
    const call = await stuckCall();
    call.vanish();
    await vi.waitFor(() => expect(server.streams.count).toBe(0), UNREAD_MS / 2);
  });

  it('is gone when its step is, which had sent something wrong', async () => {
    const call = await stuckCall(NO_MESSAGE);
    call.vanish();
    await vi.waitFor(() => expect(server.streams.count).toBe(0), 2 * UNREAD_MS);
  });

  it('is gone when its connection is', async () => {
    await stuckCall();
    await connection.reset();
    await vi.waitFor(() => expect(server.streams.count).toBe(0), UNREAD_MS / 2);
  });

  it('is cut once its step has left one unread for the limit', async () => {
    await stuckCall();
    await vi.waitFor(() => expect(server.streams.count).toBe(0), 3 * UNREAD_MS);
  });
});

it('a call that was refused is cut once its peer has left its own half open for the limit', async () => {
  const session = connect(`http://${server.address}`);
  const call = session.request({
    ...{ ':method': 'POST', ':path': '/metaflow_wandb.v1.IngestService/RecordTask' },
    ...{ 'content-type': 'application/grpc', te: 'trailers' },
  });
  const closed = new Promise((resolve) => call.on('error', () => undefined).once('close', resolve));
  call.resume().write(NO_MESSAGE);
  await closed;
  expect(call.rstCode).toBe(constants.NGHTTP2_CANCEL);
  session.destroy();
});
