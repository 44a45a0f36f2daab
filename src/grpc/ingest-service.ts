import type { ServerDuplexStream } from '@grpc/grpc-js';
import { AttemptRecorder, type RecorderDeps } from '../app/attempt-recorder.js';
import type { DiskFloor } from '../app/disk-floor.js';
import { type IngestLimits, type StreamLimits, setWith } from '../app/limits.js';
import type { StepArtifacts } from '../app/step-artifacts.js';
import { SidecarError } from '../domain/errors.js';
import type { BlobStore } from '../ports/blob-store.js';
import type { Logger } from '../ports/logger.js';
import { readArtifactFile, useArtifact } from './artifact-calls.js';
import { callerOf } from './caller.js';
import { decodeClose, decodeOpen, decodeSnapshot, PROTOCOL_MAJOR } from './decode.js';
import { number } from './decode-fields.js';
import { decodeStepLog } from './decode-step-log.js';
import { committedMessage, decodeEncoding, openedMessage, planMessage, storedMessage } from './encode.js';
import type {
  IngestServiceServer,
  Open,
  RecordTaskRequest,
  RecordTaskResponse,
} from './gen/metaflow_wandb/v1/ingest.js';
import { withIdleLimit } from './idle-limit.js';
import { releaseMessage } from './message-gate.js';
import { sayingWorking } from './saying-working.js';
import { Scope } from './scope.js';
import { isOwnFault, statusFromError, statusName } from './status-from-error.js';
import { writeTo } from './write-to.js';

type Call = ServerDuplexStream<RecordTaskRequest, RecordTaskResponse>;

/** What the service needs. */
export interface IngestDeps {
  readonly recorder: Omit<RecorderDeps, 'blobs'> & { readonly blobs: BlobStore };
  readonly artifacts: StepArtifacts;
  readonly room: Pick<DiskFloor, 'requireRoom' | 'requireRoomForData'>;
  readonly logger: Logger;
  /** Called with the gRPC status of each stream that was refused, such as `UNAVAILABLE`. */
  readonly onRefused: (statusName: string) => void;
  /** Called when an attempt became due for upload. */
  readonly onClosed: () => void;
}

/** Builds the gRPC service that records task attempts. */
export function ingestService(deps: IngestDeps, limits: StreamLimits): IngestServiceServer {
  const { artifacts, logger, recorder } = deps;
  const artifactDeps = { artifacts, logger, limits: recorder.limits };
  let streams = 0;
  return {
    recordTask: (call: Call) => {
      if (streams >= limits.maxStreams) return refuse(call, tooMany(limits), deps);
      streams += 1;
      void serve(call, deps, limits.streamIdleMs).finally(() => {
        streams -= 1;
      });
    },
    useArtifact: (call, callback) => {
      void useArtifact(call, callback, artifactDeps);
    },
    readArtifactFile: (call) => {
      void readArtifactFile(call, artifactDeps);
    },
  };
}

/** Serves one stream, message after message; never rejects. */
async function serve(call: Call, deps: IngestDeps, idleMs: number): Promise<void> {
  // Until the ledger names them, or the stream is over.
  const blobs = deps.recorder.blobs.hold();
  const recorder = new AttemptRecorder({ ...deps.recorder, blobs });
  const handOver = callerOf(call.metadata).overSocket ? () => blobs.handOverDirectory() : null;
  const stream = { recorder, scope: Scope.ofCall(call.metadata), handOver };
  try {
    for await (const request of withIdleLimit(messages(call), idleMs)) {
      const handled = handle(request, stream, deps).finally(() => releaseMessage(request));
      const answer = await (request.message?.$case === 'handedFile' ? sayingWorking(call, handled) : handled);
      if (request.message?.$case === 'close') deps.onClosed();
      if (answer) await writeTo(call, answer);
    }
    call.end();
  } catch (error) {
    refuse(call, error, deps);
  } finally {
    await recorder
      .endOfStream()
      .catch((error) => deps.logger.error({ err: error }, 'a stream was not cleaned up'));
    blobs.letGo();
  }
}

/** Left to itself, the iterator would destroy the stream at its end, and the last answers with it. */
function messages(call: Call): AsyncIterator<RecordTaskRequest> {
  return call.iterator({ destroyOnReturn: false }) as AsyncIterator<RecordTaskRequest>;
}

function tooMany({ maxStreams }: StreamLimits): SidecarError {
  return new SidecarError('unavailable', `${maxStreams} tasks send already`, setWith('max-streams'));
}

function refuse(call: Call, error: unknown, { logger, onRefused }: IngestDeps): void {
  if (call.cancelled) return;
  const status = statusFromError(error);
  onRefused(statusName(status));
  if (isOwnFault(status)) logger.error({ err: error }, 'a stream failed');
  else logger.warn({ code: status.code, details: status.details }, 'a stream was refused');
  call.emit('error', status);
}

/** What the messages of one stream act on. */
export interface IngestStream {
  readonly recorder: AttemptRecorder;
  readonly scope: Scope;
  /** Where the step may put files instead of sending them; null: it is not known to see this disk. */
  readonly handOver: (() => Promise<string>) | null;
}

/** Acts on one message of a stream and makes its answer, if it has one. @throws SidecarError where it is refused */
export async function handle(
  { message }: RecordTaskRequest,
  { recorder, scope, handOver }: IngestStream,
  { recorder: { limits }, room }: IngestDeps,
): Promise<RecordTaskResponse | null> {
  switch (message?.$case) {
    case 'open':
      requireVersion(message.value);
      await room.requireRoom();
      return openedMessage(await recorder.open(scope.opened(decodeOpen(message.value, limits))));
    case 'metrics': {
      const log = recorder.stepLog('Metrics');
      await log?.add(decodeStepLog(message.value, limits, log.blobOf));
      return null;
    }
    case 'filePart':
      requireSize(message.value.data, 'file part', limits);
      await room.requireRoomForData();
      await recorder.stepLog('FilePart')?.filePart(message.value);
      return null;
    case 'snapshot': {
      const { variables, reads } = decodeSnapshot(message.value, limits);
      const decisions = await recorder.snapshot(variables, scope.reads(reads));
      const wantsFiles = decisions.some(({ choices }) => choices.length > 0);
      // Without one, files are sent, and what is wrong with the disk is said then.
      const directory = handOver && wantsFiles ? await handOver().catch(() => '') : '';
      return planMessage(decisions, directory);
    }
    case 'chunk': {
      const { variable, path, data, endOfFile } = message.value;
      requireSize(data, `chunk of ${variable}`, limits);
      await room.requireRoomForData();
      const encoding = decodeEncoding(message.value.encoding);
      await recorder.chunk(variable, { encoding, path, data, endOfFile });
      return null;
    }
    case 'handedFile': {
      const { variable, path, name } = message.value;
      await room.requireRoomForData();
      const encoding = decodeEncoding(message.value.encoding);
      const sizeBytes = number(message.value.sizeBytes, 'handed_file.size_bytes');
      await recorder.handedFile(variable, { encoding, path, name, sizeBytes });
      return null;
    }
    case 'payloadEnd': {
      const { variable, fileCount, sizeBytes } = message.value;
      const size = number(sizeBytes, 'payload_end.size_bytes');
      const encoding = decodeEncoding(message.value.encoding);
      return storedMessage(variable, await recorder.payloadEnd(variable, encoding, fileCount, size));
    }
    case 'payloadSkipped': {
      const { variable, reason } = message.value;
      return storedMessage(variable, await recorder.payloadSkipped(variable, reason));
    }
    case 'close': {
      const { end, held } = decodeClose(message.value, limits);
      return committedMessage(await recorder.close(end, scope.held(held)));
    }
    default:
      // A newer shim's message, which this sidecar does without.
      return null;
  }
}

function requireSize(data: Uint8Array, what: string, { maxChunkBytes }: IngestLimits): void {
  if (data.length <= maxChunkBytes) return;
  throw new SidecarError('too-large', `${what}: more than ${maxChunkBytes} bytes`);
}

function requireVersion(open: Open): void {
  const major = open.protocol?.major ?? 0;
  if (major === PROTOCOL_MAJOR) return;
  throw new SidecarError(
    'version-mismatch',
    `this sidecar speaks protocol version ${PROTOCOL_MAJOR}, the step version ${major}`,
    'install the same release of metaflow-wandb on both sides',
  );
}
