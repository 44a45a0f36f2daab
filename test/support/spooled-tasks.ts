import type { TaskAttempt } from '../../src/domain/attempt.js';
import {
  Close_Outcome,
  Encoding,
  TaskAttempt as WireTask,
} from '../../src/grpc/gen/metaflow_wandb/v1/ingest.js';
import { partName } from './part-name.js';
import { type RecordMessage, spoolContent } from './spool-writer.js';
import { filePart, history, metricsMessage, runFile } from './step-log-messages.js';
import { closeMessage, FRAME, INT, openMessage, snapshotMessage } from './task-stream.js';

type NamedContent = [name: string, content: Buffer];

/** Path of the file of its run that a maker logs. */
export const RUN_FILE = 'media/text/picture.txt';

/** Content of that file. */
export function pictureOf(name: string): string {
  return `picture of ${name}`;
}

/** A task of a spooled flow. */
export function taskOf(stepName: string, taskId: string): TaskAttempt {
  return {
    metadataProvider: 'local@test',
    flowName: 'SpooledFlow',
    runId: '1',
    stepName,
    taskId,
    attempt: 0,
  };
}

/** A task that logs two rows, a value and a frame `df_NAME`; another frame it could not send. */
export function makerFile(name: string): NamedContent {
  const variable = `df_${name}`;
  const kind = { variable, encoding: Encoding.PARQUET };
  const chunk = { ...kind, path: `${variable}.parquet`, data: Buffer.from('abcdef'), endOfFile: true };
  const value = {
    outcome: Close_Outcome.OK,
    exception: undefined,
    willRetry: false,
    contentHashes: [{ name: variable, contentHash: hashOf(name), inheritedFrom: undefined }],
    endedAtUs: 1_700_000_001_000_000n,
  };
  return [
    `SpooledFlow.1.make.${name}.00000000.spool`,
    spoolContent(
      ...makerBegins(name),
      snapshotMessage(INT, { ...FRAME, name: variable }, { ...FRAME, name: 'lost' }),
      { $case: 'chunk', value: chunk },
      { $case: 'payloadEnd', value: { ...kind, fileCount: 1, sizeBytes: 6n } },
      { $case: 'payloadSkipped', value: { variable: 'lost', reason: 'no room' } },
      { $case: 'close', value },
    ),
  ];
}

/** What such a task tells while its step runs. */
export function makerBegins(name: string): RecordMessage[] {
  const rows = [history({ loss: 0.5 }), history({ loss: 0.25 })];
  return [open('make', name), filePart(1, pictureOf(name)), metricsMessage(...rows, runFile(RUN_FILE, 1))];
}

/** A task that read that frame. */
export function readerFile(name: string): NamedContent {
  const source = WireTask.fromPartial(taskOf('make', name));
  const reads = [{ name: `df_${name}`, source, contentHash: hashOf(name) }];
  return [
    `SpooledFlow.1.read.${name}.00000000.spool`,
    spoolContent(open('read', name), { $case: 'snapshot', value: { variables: [], reads } }, closeMessage()),
  ];
}

/** A task that was killed after its snapshot. */
export function unfinishedFile(): NamedContent {
  const name = partName('SpooledFlow.1.crash.crash.00000000');
  return [name, spoolContent(open('crash', 'crash'), snapshotMessage(INT))];
}

function open(stepName: string, taskId: string) {
  return openMessage(
    { task: WireTask.fromPartial(taskOf(stepName, taskId)), spooled: true },
    { datasets: true },
  );
}

function hashOf(name: string): string {
  return `hash-of-${name}`;
}
