import { AttemptRecorder } from '../app/attempt-recorder.js';
import { SidecarError } from '../domain/errors.js';
import type { RecordReceiver } from '../ports/record-receiver.js';
import { RecordTaskRequest } from './gen/metaflow_wandb/v1/ingest.js';
import { handle, type IngestDeps } from './ingest-service.js';
import { Scope } from './scope.js';

/**
 * Takes in kept streams in this process, as the service does those that come over the network.
 *
 * @param tenant whose they are; null: the sidecar's own
 */
export function receiveRecords(deps: IngestDeps, tenant: string | null = null): RecordReceiver {
  const scope = Scope.of(tenant);
  return async (records) => {
    const blobs = deps.recorder.blobs.hold();
    const recorder = new AttemptRecorder({ ...deps.recorder, blobs });
    const stream = { recorder, scope, handOver: null };
    try {
      for await (const record of records) {
        const request = decode(record);
        await handle(request, stream, deps);
        if (request.message?.$case !== 'close') continue;
        deps.onClosed();
        return 'committed';
      }
      return 'ended';
    } finally {
      await recorder
        .endOfStream()
        .catch((error) => deps.logger.error({ err: error }, 'a stream was not cleaned up'));
      blobs.letGo();
    }
  };
}

function decode(record: Uint8Array): RecordTaskRequest {
  try {
    return RecordTaskRequest.decode(record);
  } catch (error) {
    throw new SidecarError('malformed', 'a record is no message of the protocol', '', { cause: error });
  }
}
