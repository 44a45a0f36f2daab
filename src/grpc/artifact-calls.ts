import { type ServerUnaryCall, type ServerWritableStream, type sendUnaryData, status } from '@grpc/grpc-js';
import type { IngestLimits } from '../app/limits.js';
import type { StepArtifacts } from '../app/step-artifacts.js';
import { isSidecarError } from '../domain/errors.js';
import type { FoundArtifact } from '../ports/artifact-finder.js';
import type { Logger } from '../ports/logger.js';
import { decodeTask } from './decode.js';
import { messageField, name } from './decode-fields.js';
import type {
  ReadArtifactFileRequest,
  ReadArtifactFileResponse,
  UseArtifactRequest,
  UseArtifactResponse,
} from './gen/metaflow_wandb/v1/ingest.js';
import { Scope } from './scope.js';
import { type GrpcStatus, isOwnFault, statusFromError } from './status-from-error.js';
import { writeTo } from './write-to.js';

/** What answering needs. */
export interface ArtifactCallDeps {
  readonly artifacts: StepArtifacts;
  readonly limits: IngestLimits;
  readonly logger: Logger;
}

/** Answers `UseArtifact`; never rejects. */
export async function useArtifact(
  { request, metadata }: ServerUnaryCall<UseArtifactRequest, UseArtifactResponse>,
  callback: sendUnaryData<UseArtifactResponse>,
  { artifacts, limits, logger }: ArtifactCallDeps,
): Promise<void> {
  try {
    const task = Scope.ofCall(metadata).task(decodeTask(messageField(request.task, 'task'), limits));
    const found = await artifacts.use(task, name(request.name, limits, 'name'), request.type);
    callback(null, foundMessage(found));
  } catch (error) {
    callback(statusOf(error, logger));
  }
}

/** Answers `ReadArtifactFile`; never rejects. */
export async function readArtifactFile(
  call: ServerWritableStream<ReadArtifactFileRequest, ReadArtifactFileResponse>,
  { artifacts, limits, logger }: ArtifactCallDeps,
): Promise<void> {
  try {
    const { request } = call;
    const task = Scope.ofCall(call.metadata).task(decodeTask(messageField(request.task, 'task'), limits));
    const path = name(request.path, limits, 'path');
    const parts = artifacts.readFile(task, name(request.qualifiedName, limits, 'qualified_name'), path);
    for await (const data of parts) {
      if (call.cancelled) return;
      await writeTo(call, { data: Buffer.from(data) });
    }
    call.end();
  } catch (error) {
    call.emit('error', statusOf(error, logger));
  }
}

function foundMessage(found: FoundArtifact): UseArtifactResponse {
  return {
    ...found,
    metadataJson: JSON.stringify(found.metadata),
    aliases: [...found.aliases],
    tags: [...found.tags],
    sizeBytes: BigInt(found.sizeBytes),
    entries: found.entries.map((entry) => ({
      ...{ path: entry.path, reference: entry.reference, digest: entry.digest, fileId: 0n },
      sizeBytes: BigInt(entry.sizeBytes),
      extraJson: Object.keys(entry.extra).length === 0 ? '' : JSON.stringify(entry.extra),
    })),
  };
}

function statusOf(error: unknown, logger: Logger): GrpcStatus {
  const found = statusFromError(error);
  const code = isSidecarError(error, 'attempt-not-open') ? status.FAILED_PRECONDITION : found.code;
  if (isOwnFault(found)) logger.warn({ err: error }, 'a step could not be given an artifact');
  return { ...found, code };
}
