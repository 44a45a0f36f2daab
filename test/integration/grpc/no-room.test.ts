import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Encoding } from '../../../src/grpc/gen/metaflow_wandb/v1/ingest.js';
import { type IngestServer, startIngestServer } from '../../support/ingest-server.js';
import { FRAME, openMessage, snapshotMessage, TaskStream } from '../../support/task-stream.js';

let server: IngestServer;
let free: number;
beforeEach(async () => {
  free = 1000;
  server = await startIngestServer({ freeBytes: async () => free });
});
afterEach(() => server.close());

const open = () => new TaskStream(server.address).send(openMessage({}, { datasets: true }));
const DATA = Buffer.from('abc');
const FILE = { variable: 'df', encoding: Encoding.PARQUET, path: 'df.parquet' };
const CHUNK = { $case: 'chunk', value: { ...FILE, data: DATA, endOfFile: true } } as const;
const END = { $case: 'payloadEnd', value: { ...FILE, fileCount: 1, sizeBytes: 3n } } as const;

/** A stream that has a plan for one frame. */
async function planned(): Promise<TaskStream> {
  const call = open();
  await call.next('opened');
  call.send(snapshotMessage(FRAME));
  await call.next('plan');
  return call;
}

describe('on a disk that fills up', () => {
  it('a stream that has begun goes on until half of the floor is left, and begins anew when there is room', async () => {
    const call = await planned();
    free = 999;
    expect(await open().refusal()).toMatchObject({ code: status.UNAVAILABLE });
    call.send(CHUNK).send(END);
    await call.next('stored');
    free = 499;
    call.send(CHUNK);
    expect((await call.refusal()).details).toMatch(/nearly full.*free space/);
    free = 1000;
    await open().next('opened');
  });
});

describe('where blobs can not be written', () => {
  it('a stream is refused as unavailable with what to do, counted, and taken in again once they can', async () => {
    const staging = join(server.dir, 'blobs', 'staging');
    await rm(staging, { recursive: true });
    const call = await planned();
    call.send(CHUNK);
    expect(await call.refusal()).toMatchObject({
      code: status.UNAVAILABLE,
      details: expect.stringMatching(/blobs can't be kept.*rights and the free space/),
    });
    expect(server.refused).toEqual(['UNAVAILABLE']);
    await mkdir(staging);
    const again = await planned();
    again.send(CHUNK).send(END);
    await again.next('stored');
  });
});
