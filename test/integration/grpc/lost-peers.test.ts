import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RecordTaskRequest } from '../../../src/grpc/gen/metaflow_wandb/v1/ingest.js';
import { type IngestServer, startIngestServer } from '../../support/ingest-server.js';
import { framed, type RawCall, RawConnection } from '../../support/raw-stream.js';
import { closeMessage, INT, openMessage, snapshotMessage } from '../../support/task-stream.js';

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

/** A call that has begun an attempt, whose answer can't be delivered, and that has said more than is read ahead. */
async function stuckCall(): Promise<RawCall> {
  const call = connection.call().send(bytesOf(openMessage()));
  await call.answered;
  expect(server.streams.count).toBe(1);
  for (const message of [snapshotMessage(INT), closeMessage(), closeMessage()]) {
    call.send(bytesOf(message));
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
