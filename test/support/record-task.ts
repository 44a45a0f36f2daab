import { expect, vi } from 'vitest';
import type { StatusView } from '../../src/app/views.js';
import { Encoding, Environment, type TaskAttempt } from '../../src/grpc/gen/metaflow_wandb/v1/ingest.js';
import type { LocalSidecar } from './local-sidecar.js';
import { closeMessage, FRAME, INT, openMessage, snapshotMessage, type TaskStream } from './task-stream.js';

/** What a task does. All have an integer `n` of 1. */
export interface Doing {
  /** Frames made, each with its name in its content. */
  readonly makes?: readonly string[];
  /** Variables and the steps that they are read from. */
  readonly reads?: readonly (readonly [name: string, from: string])[];
  readonly passes?: readonly (readonly [name: string, from: string])[];
  /** Artifact that it asks W&B for. */
  readonly uses?: string;
  /** What the step logs itself. */
  readonly log?: readonly Parameters<TaskStream['send']>[0][];
  readonly env?: Readonly<Record<string, string>>;
  readonly lineageOnly?: boolean;
  /** Of the tenant whose task it is; absent: the sidecar's own. */
  readonly token?: string;
}

/** The task `RecordedFlow/1/STEP/1`. */
export function recordedTask(stepName: string): TaskAttempt {
  return {
    metadataProvider: 'local@test',
    ...{ flowName: 'RecordedFlow', runId: '1', stepName, taskId: '1', attempt: 0 },
  };
}

/** Runs such a task; the id of its W&B run. */
export async function recordTask(sidecar: LocalSidecar, step: string, doing: Doing): Promise<string> {
  const { log = [], env: wandbEnv = {}, lineageOnly = false, makes = [] } = doing;
  const stream = sidecar.stream(doing.token);
  const environment = Environment.fromPartial({ wandbEnv });
  const opening = { task: recordedTask(step), lineageOnly, environment };
  stream.send(openMessage(opening, { datasets: true }));
  const { wandbRunId } = await stream.next('opened');
  for (const message of log) stream.send(message);
  if (doing.uses) await useArtifact(sidecar, step, doing.uses);
  stream.send(snapshotOf(doing));
  await stream.next('plan');
  for (const variable of lineageOnly ? [] : makes) await sendFrame(stream, variable);
  stream.send(closeOf(doing));
  await stream.next('committed');
  await stream.end();
  return wandbRunId;
}

/** Waits until nothing is on its way to W&B. */
export async function untilUploaded(sidecar: LocalSidecar): Promise<void> {
  await vi.waitFor(
    async () => {
      const { attempts, linksDue } = (await sidecar.get('/status', {})) as StatusView;
      expect(attempts.open + attempts.pending + linksDue).toBe(0);
    },
    { timeout: 50_000, interval: 100 },
  );
}

function snapshotOf({ makes = [], reads = [] }: Doing) {
  const message = snapshotMessage(INT, ...makes.map((name) => ({ ...FRAME, name })));
  if (message.$case !== 'snapshot') throw new Error('not a snapshot');
  message.value.reads = reads.map(([name, from]) => ({
    ...{ name, source: recordedTask(from), contentHash: `hash of ${name}` },
  }));
  return message;
}

async function sendFrame(stream: TaskStream, variable: string): Promise<void> {
  const data = Buffer.from(`content of ${variable}`);
  const encoding = Encoding.PARQUET;
  stream.send({
    $case: 'chunk',
    value: { variable, encoding, path: `${variable}.parquet`, data, endOfFile: true },
  });
  const end = { variable, encoding, fileCount: 1, sizeBytes: BigInt(data.length) };
  stream.send({ $case: 'payloadEnd', value: end });
  await stream.next('stored');
}

function closeOf({ makes = [], passes = [] }: Doing) {
  const message = closeMessage();
  if (message.$case !== 'close') throw new Error('not a close');
  const hash = (name: string) => ({ name, contentHash: `hash of ${name}` });
  message.value.contentHashes = [
    ...makes.map((name) => ({ ...hash(name), inheritedFrom: undefined })),
    ...passes.map(([name, from]) => ({ ...hash(name), inheritedFrom: recordedTask(from) })),
  ];
  return message;
}

async function useArtifact(sidecar: LocalSidecar, step: string, name: string): Promise<void> {
  const { service, metadata } = sidecar.client();
  await new Promise<void>((resolve, reject) => {
    service.useArtifact({ task: recordedTask(step), name, type: '' }, metadata, (error) => {
      service.close();
      if (error) reject(error);
      else resolve();
    });
  });
}
