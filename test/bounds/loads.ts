import type { RecordTaskRequest } from '../../src/grpc/gen/metaflow_wandb/v1/ingest.js';
import { Encoding } from '../../src/grpc/gen/metaflow_wandb/v1/ingest.js';
import type { FuzzTarget } from '../fuzz/target.js';
import {
  closeMessage,
  FRAME,
  INT,
  openMessage,
  snapshotMessage,
  TaskStream,
} from '../support/task-stream.js';

const CHUNK_BYTES = 1024 ** 2;
/** Chunks that are on their way before the sidecar has to have taken some. */
const SIDE_BY_SIDE = 50;

type Message = NonNullable<RecordTaskRequest['message']>;

/** One artifact of so many bytes, in chunks of a megabyte. */
export async function sendArtifact(target: FuzzTarget, sizeBytes: number): Promise<void> {
  const stream = await planned(target, 'artifact');
  const data = Buffer.alloc(CHUNK_BYTES, 'artifact');
  for (let sent = 0; sent < sizeBytes; sent += CHUNK_BYTES) {
    await stream.sendSlowly(chunk(data, sent + CHUNK_BYTES >= sizeBytes));
  }
  stream.send(payloadEnd(sizeBytes));
  await stream.next('stored');
  await commit(stream);
}

/** So many streams that are open at once, each of which then sends an artifact of a megabyte. */
export async function openStreams(target: FuzzTarget, count: number): Promise<void> {
  const data = Buffer.alloc(CHUNK_BYTES, 'stream');
  const open = (index: number) => planned(target, `stream ${index}`);
  const streams = await Promise.all(Array.from({ length: count }, (_, index) => open(index)));
  await Promise.all(
    streams.map(async (stream) => {
      stream.send(chunk(data, true)).send(payloadEnd(CHUNK_BYTES));
      await stream.next('stored');
      await commit(stream);
    }),
  );
}

/** So many attempts that end and wait. */
export async function fillBacklog(target: FuzzTarget, count: number): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < count) {
      const stream = opened(target, `task ${next++}`).send(snapshotMessage(INT));
      await stream.next('opened');
      await stream.next('plan');
      await commit(stream);
    }
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, lane));
}

function opened(target: FuzzTarget, taskId: string): TaskStream {
  const names = {
    metadataProvider: 'local@bounds',
    flowName: 'Bounds',
    runId: '1',
    stepName: 's',
    attempt: 0,
  };
  const stream = new TaskStream(target.grpcAddress, target.file.token);
  return stream.send(openMessage({ task: { ...names, taskId } }, { datasets: true }));
}

async function planned(target: FuzzTarget, taskId: string): Promise<TaskStream> {
  const stream = opened(target, taskId).send(snapshotMessage(FRAME));
  await stream.next('opened');
  await stream.next('plan');
  return stream;
}

async function commit(stream: TaskStream): Promise<void> {
  stream.send(closeMessage());
  await stream.next('committed');
  await stream.end();
}

function chunk(data: Buffer, endOfFile: boolean): Message {
  const value = { variable: 'df', encoding: Encoding.PARQUET, path: 'df.parquet', data, endOfFile };
  return { $case: 'chunk', value };
}

function payloadEnd(sizeBytes: number): Message {
  const value = { variable: 'df', encoding: Encoding.PARQUET, fileCount: 1, sizeBytes: BigInt(sizeBytes) };
  return { $case: 'payloadEnd', value };
}
