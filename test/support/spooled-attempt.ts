import { attemptKey } from '../../src/domain/identity.js';
import { Encoding } from '../../src/grpc/gen/metaflow_wandb/v1/ingest.js';
import type { RecordReceiver } from '../../src/ports/record-receiver.js';
import { SpoolIntake } from '../../src/spool/spool-intake.js';
import { SILENT } from './ingest-server.js';
import { closeMessage, FRAME, INT, openMessage, snapshotMessage } from './task-stream.js';

/** A task that was spooled. */
export const TASK = {
  metadataProvider: 'local@test',
  flowName: 'TestFlow',
  runId: '1',
  stepName: 'start',
  taskId: '1',
  attempt: 0,
};
/** Key of its attempt. */
export const KEY = attemptKey(TASK);
/** Name of its file. */
export const NAME = 'TestFlow.1.start.1.0123abcd.spool';
/** First message of its stream. */
export const OPEN = openMessage({ spooled: true }, { datasets: true });

/** Messages of a payload of one file. */
export function payload(variable: string, data: string, encoding = Encoding.PARQUET) {
  const path = `${variable}.bin`;
  const chunk = { variable, encoding, path, data: Buffer.from(data), endOfFile: true };
  const end = { variable, encoding, fileCount: 1, sizeBytes: BigInt(data.length) };
  return [
    { $case: 'chunk', value: chunk },
    { $case: 'payloadEnd', value: end },
  ] as const;
}

/** What it holds: `n`, and the frame `df`. */
export const SNAPSHOT = snapshotMessage(INT, FRAME);
/** All messages of its stream. */
export const WHOLE = [OPEN, SNAPSHOT, ...payload('df', 'abcdef'), closeMessage()];

/** An intake of what is in a directory. */
export function intakeBy(dir: string, receive: RecordReceiver, maxRecordBytes = 1024 ** 2): SpoolIntake {
  const parts = { directories: () => [dir], receive, maxRecordBytes, logger: SILENT };
  return new SpoolIntake({ ...parts, observe: () => undefined });
}
