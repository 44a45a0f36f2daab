import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
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

const CONTENT = 'some content';
const DIGEST = createHash('sha256').update(CONTENT).digest('hex');
const FILE = { variable: 'df', encoding: Encoding.PARQUET, path: 'df.parquet' };

let dir: string;
let server: IngestServer;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'mfw-'));
  server = await startIngestServer({
    address: `unix:${join(dir, 'sidecar.sock')}`,
    limits: { maxPayloadBytes: 1000 },
  });
});
afterEach(async () => {
  await server.close();
  rmSync(dir, { recursive: true });
});

const handed = (name: string, sizeBytes: number, more: object = {}) =>
  ({ $case: 'handedFile', value: { ...FILE, name, sizeBytes: BigInt(sizeBytes), ...more } }) as const;
const end = (sizeBytes: number, fileCount = 1) =>
  ({ $case: 'payloadEnd', value: { ...FILE, fileCount, sizeBytes: BigInt(sizeBytes) } }) as const;

async function planned(variable = FRAME, address = server.address): Promise<[TaskStream, string]> {
  const call = new TaskStream(address).send(openMessage({}, { datasets: true }));
  await call.next('opened');
  call.send(snapshotMessage(variable));
  return [call, (await call.next('plan')).handOverDirectory];
}

describe('a step that comes over the socket', () => {
  it('hands a file over, beside files that it sends, and finds no trace of the directory afterwards', async () => {
    const [call, directory] = await planned();
    await writeFile(join(directory, 'a1'), CONTENT);
    const sent = { ...FILE, path: 'small', data: Buffer.from('abc'), endOfFile: true };
    call.send(handed('a1', CONTENT.length)).send({ $case: 'chunk', value: sent });
    call.send(end(CONTENT.length + 3, 2)).send(closeMessage());
    expect(await call.next('stored')).toMatchObject({ variable: 'df', sizeBytes: 15n });
    expect(await call.next('committed')).toMatchObject({ loggedVariables: 1 });
    expect(await readFile(await server.blobs.localPath(DIGEST), 'utf8')).toBe(CONTENT);
    await call.end();
    await vi.waitFor(() => expect(stat(directory)).rejects.toMatchObject({ code: 'ENOENT' }));
  });

  it('leaves nothing behind where it vanishes before it has told of a file', async () => {
    const [call, directory] = await planned();
    await writeFile(join(directory, 'a1'), CONTENT);
    call.vanish();
    await vi.waitFor(() => expect(stat(directory)).rejects.toMatchObject({ code: 'ENOENT' }));
    expect(await server.blobs.usedBytes()).toBe(0);
  });

  it('is told of no directory where no file is wanted', async () => {
    expect((await planned(INT))[1]).toBe('');
  });

  it.each([
    ['a file that is not there as said', handed('a1', CONTENT.length + 1), status.INVALID_ARGUMENT],
    ['one that is not there any more', handed('a2', CONTENT.length), status.NOT_FOUND],
    ['one elsewhere', handed('../a1', CONTENT.length), status.INVALID_ARGUMENT],
    ['one that is too large', handed('a1', 1001), status.RESOURCE_EXHAUSTED],
    ['a path that leads out', handed('a1', CONTENT.length, { path: '../x' }), status.INVALID_ARGUMENT],
    [
      'an encoding that is not asked for',
      handed('a1', CONTENT.length, { encoding: Encoding.TORCH }),
      status.INVALID_ARGUMENT,
    ],
  ])('is refused with %s', async (_, message, code) => {
    const [call, directory] = await planned();
    await writeFile(join(directory, 'a1'), CONTENT);
    expect(await call.send(message).refusal()).toMatchObject({ code });
  });

  it('is refused with a file in the middle of one that it sends', async () => {
    const [call, directory] = await planned();
    await writeFile(join(directory, 'a1'), CONTENT);
    const sent = { ...FILE, data: Buffer.from('abc'), endOfFile: false };
    call.send({ $case: 'chunk', value: sent }).send(handed('a1', CONTENT.length));
    expect(await call.refusal()).toMatchObject({ code: status.INVALID_ARGUMENT });
  });
});

describe('a step that comes over the network', () => {
  it('is told of no directory, whatever it says of itself, and can hand over nothing', async () => {
    const remote = await startIngestServer();
    try {
      const more = { 'metaflow-wandb-socket': '1' };
      const call = new TaskStream(remote.address, undefined, { more });
      call.send(openMessage({}, { datasets: true })).send(snapshotMessage(FRAME));
      await call.next('opened');
      expect((await call.next('plan')).handOverDirectory).toBe('');
      expect(await call.send(handed('a1', 1)).refusal()).toMatchObject({ code: status.INVALID_ARGUMENT });
    } finally {
      await remote.close();
    }
  });
});
