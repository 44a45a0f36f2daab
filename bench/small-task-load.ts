import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { performance } from 'node:perf_hooks';
import { RecordTaskRequest, RecordTaskResponse } from '../src/grpc/gen/metaflow_wandb/v1/ingest.js';
import { framed } from '../test/support/raw-stream.js';
import { closed, type MadeUpTask, openOf, variablesOf } from './task-load.js';

/** Bytes before each message of gRPC. */
const PREFIX_BYTES = 5;

/**
 * Sends tasks that have small values only, each on a stream of its own. The
 * bytes are made beforehand and go out without a gRPC library: what the load
 * takes of the machine, the sidecar lacks.
 */
export class SmallTaskLoad {
  private readonly session: ClientHttp2Session;

  constructor(
    address: string,
    private readonly token: string,
  ) {
    this.session = connect(`http://${address}`);
  }

  /** Sends what {@link bytesOf} made, on so many streams at a time; returns each task's milliseconds, in order. */
  async commitAll(tasks: readonly Buffer[], streams: number): Promise<number[]> {
    const tookMs: number[] = new Array(tasks.length);
    let next = 0;
    const worker = async () => {
      for (let at = next++; at < tasks.length; at = next++)
        tookMs[at] = await this.commit(tasks[at] as Buffer);
    };
    await Promise.all(Array.from({ length: streams }, worker));
    return tookMs;
  }

  close(): void {
    this.session.destroy();
  }

  /** @throws Error where the task is not committed */
  private async commit(task: Buffer): Promise<number> {
    const startedMs = performance.now();
    const call = this.session.request({
      ...{ ':method': 'POST', ':path': '/metaflow_wandb.v1.IngestService/RecordTask' },
      ...{ 'content-type': 'application/grpc', te: 'trailers', authorization: `Bearer ${this.token}` },
    });
    call.end(task);
    const answer = await lastAnswer(call);
    if (answer?.message?.$case !== 'committed') throw new Error('a task was not committed');
    return performance.now() - startedMs;
  }
}

/** What a task sends, from its beginning to its end. */
export function bytesOf(task: MadeUpTask): Buffer {
  const messages: RecordTaskRequest['message'][] = [
    { $case: 'open', value: openOf(task) },
    { $case: 'snapshot', value: { variables: variablesOf(task), reads: [...task.reads] } },
    { $case: 'close', value: closed() },
  ];
  return Buffer.concat(messages.map((message) => framed(RecordTaskRequest.encode({ message }).finish())));
}

async function lastAnswer(call: ClientHttp2Stream): Promise<RecordTaskResponse | null> {
  const pieces: Buffer[] = [];
  call.on('data', (piece) => pieces.push(piece));
  await once(call, 'end');
  const all = Buffer.concat(pieces);
  let last: Buffer | null = null;
  for (let at = 0; at < all.length; ) {
    const end = at + PREFIX_BYTES + all.readUInt32BE(at + 1);
    last = all.subarray(at + PREFIX_BYTES, end);
    at = end;
  }
  return last && RecordTaskResponse.decode(last);
}
