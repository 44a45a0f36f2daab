import { once } from 'node:events';
import {
  type ChannelCredentials,
  Client,
  type ClientDuplexStream,
  type Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { SidecarError, type SidecarErrorCode } from '../domain/errors.js';
import type { RecordReceiver } from '../ports/record-receiver.js';
import { IngestServiceService, type RecordTaskResponse } from './gen/metaflow_wandb/v1/ingest.js';

type Call = ClientDuplexStream<Uint8Array, RecordTaskResponse>;

/** How long a sidecar may take to be reached, and to show that it lives. */
const CONNECT_MS = 10_000;
const OPTIONS = {
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 10_000,
  // The sidecar is on this machine or network; proxies are for elsewhere.
  'grpc.enable_http_proxy': 0,
};

/** What a refusal means for the stream that was refused. A limit may be another one the next time. */
const CODE: Partial<Record<status, SidecarErrorCode>> = {
  [status.INVALID_ARGUMENT]: 'malformed',
  [status.FAILED_PRECONDITION]: 'version-mismatch',
  [status.ABORTED]: 'superseded',
  [status.UNAUTHENTICATED]: 'unauthenticated',
  [status.UNAVAILABLE]: 'unavailable',
};

/** A running sidecar that kept streams are sent to. */
export interface RecordSender {
  readonly send: RecordReceiver;
  close(): void;
}

/**
 * Connects to a sidecar, to send it kept streams.
 *
 * @param address `host:port` or `unix:/path`
 * @throws SidecarError `sidecar-unreachable`
 */
export async function connectToSend(
  address: string,
  credentials: ChannelCredentials,
  metadata: Metadata,
): Promise<RecordSender> {
  const client = new Client(address, credentials, OPTIONS);
  await new Promise<void>((resolve, reject) => {
    client.waitForReady(Date.now() + CONNECT_MS, (error) => {
      if (!error) return resolve();
      client.close();
      const hint = 'start one with `metaflow-wandb serve`, or give --data-dir or --grpc';
      reject(new SidecarError('sidecar-unreachable', `no sidecar answers at ${address}`, hint));
    });
  });
  const { path, responseDeserialize } = IngestServiceService.recordTask;
  const begin = (): Call =>
    client.makeBidiStreamRequest(
      path,
      (bytes: Uint8Array) => Buffer.from(bytes),
      responseDeserialize,
      metadata,
    );
  return { send: (records) => send(begin(), records), close: () => client.close() };
}

async function send(call: Call, records: AsyncIterable<Uint8Array>): Promise<'committed' | 'ended'> {
  let committed = false;
  call.on('data', ({ message }: RecordTaskResponse) => {
    if (message?.$case === 'committed') committed = true;
  });
  let isOver = false;
  const ended = new AbortController();
  const over = new Promise<void>((resolve, reject) => {
    call.on('end', resolve);
    call.on('error', (error: ServiceError) => reject(refusal(error)));
  }).finally(() => {
    isOver = true;
    ended.abort();
  });
  // Told of below, or by what was thrown before.
  over.catch(() => undefined);
  try {
    for await (const record of records) {
      if (isOver) break;
      if (!call.write(record)) await once(call, 'drain', { signal: ended.signal }).catch(() => undefined);
    }
    const isCutOff = isOver && !committed;
    call.end();
    await over;
    if (isCutOff) throw new SidecarError('unavailable', 'the sidecar ended the stream before all was sent');
    return committed ? 'committed' : 'ended';
  } finally {
    call.cancel();
  }
}

function refusal({ code, details }: ServiceError): SidecarError {
  return new SidecarError(CODE[code] ?? 'sidecar-refused', details);
}
