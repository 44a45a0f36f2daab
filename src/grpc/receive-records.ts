import { Metadata } from '@grpc/grpc-js';
import { AttemptRecorder } from '../app/attempt-recorder.js';
import { SidecarError } from '../domain/errors.js';
import type { RecordReceiver } from '../ports/record-receiver.js';
import { RecordTaskRequest } from './gen/metaflow_wandb/v1/ingest.js';
import { handle, type IngestDeps } from './ingest-service.js';
import { Scope } from './scope.js';

/** Spool files that are taken in here are those of the sidecar's own user. */
const OWN = new Scope(new Metadata());

/** Takes in kept streams in this process, as the service does those that come over the network. */
export function receiveRecords(deps: IngestDeps): RecordReceiver {
  return async (records) => {
    const blobs = deps.recorder.blobs.hold();
    const recorder = new AttemptRecorder({ ...deps.recorder, blobs });
    try {
      for await (const record of records) {
        const request = decode(record);
        await handle(request, recorder, OWN, deps);
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
