import { performance } from 'node:perf_hooks';
import { credentials, Metadata } from '@grpc/grpc-js';
import {
  type Close,
  Close_Outcome,
  Encoding,
  IngestServiceClient,
  Open,
  type Read,
  type RecordTaskRequest,
  type RecordTaskResponse,
  Variable,
  Variable_Origin,
} from '../src/grpc/gen/metaflow_wandb/v1/ingest.js';

/** One task that the load generator makes up. */
export interface MadeUpTask {
  readonly runId: string;
  readonly stepName: string;
  readonly taskId: string;
  /** Small values that it assigns. */
  readonly values: number;
  /** Bytes of an artifact that it logs; null: none. */
  readonly artifact: Uint8Array | null;
  readonly reads: readonly Read[];
  /** True: the sidecar keeps it until it is told to upload. */
  readonly held: boolean;
}

/** Sends made-up tasks to a sidecar, each on a stream of its own. */
export class TaskLoad {
  private readonly client: IngestServiceClient;
  private readonly metadata = new Metadata();

  constructor(address: string, token: string) {
    this.client = new IngestServiceClient(address, credentials.createInsecure());
    this.metadata.set('authorization', `Bearer ${token}`);
  }

  /** Records one task. Returns the milliseconds until it was committed. */
  async record(task: MadeUpTask): Promise<number> {
    const startedMs = performance.now();
    const call = this.client.recordTask(this.metadata);
    const send = (message: NonNullable<RecordTaskRequest['message']>) => call.write({ message });
    const answers = call[Symbol.asyncIterator]() as AsyncIterator<RecordTaskResponse>;
    send({ $case: 'open', value: openOf(task) });
    send({ $case: 'snapshot', value: { variables: variablesOf(task), reads: [...task.reads] } });
    if (task.artifact) {
      await until(answers, 'plan');
      const encoding = Encoding.PICKLE;
      const chunk = { variable: 'made', encoding, path: 'made.pkl', data: task.artifact, endOfFile: true };
      send({ $case: 'chunk', value: chunk as never });
      const sizeBytes = BigInt(task.artifact.length);
      send({ $case: 'payloadEnd', value: { variable: 'made', encoding, fileCount: 1, sizeBytes } });
    }
    send({ $case: 'close', value: closed() });
    await until(answers, 'committed');
    const tookMs = performance.now() - startedMs;
    call.end();
    while (!(await answers.next()).done);
    return tookMs;
  }

  /** Records tasks on so many streams at a time; returns each one's milliseconds, in order. */
  async recordAll(tasks: readonly MadeUpTask[], streams: number): Promise<number[]> {
    const tookMs: number[] = new Array(tasks.length);
    let next = 0;
    const worker = async () => {
      for (let at = next++; at < tasks.length; at = next++) {
        tookMs[at] = await this.record(tasks[at] as MadeUpTask);
      }
    };
    await Promise.all(Array.from({ length: streams }, worker));
    return tookMs;
  }

  close(): void {
    this.client.close();
  }
}

async function until(answers: AsyncIterator<RecordTaskResponse>, kind: string): Promise<void> {
  for (let answer = await answers.next(); !answer.done; answer = await answers.next()) {
    if (answer.value.message?.$case === kind) return;
  }
  throw new Error(`the stream ended before ${kind}`);
}

/** Identity of a made-up task. */
export function taskOf({ runId, stepName, taskId }: Pick<MadeUpTask, 'runId' | 'stepName' | 'taskId'>) {
  return { metadataProvider: 'local@bench', flowName: 'Bench', runId, stepName, taskId, attempt: 0 };
}

/** How it begins. */
export function openOf(task: MadeUpTask): Open {
  return Open.fromPartial({
    protocol: { major: 1, minor: 1 },
    task: taskOf(task),
    stepOptions: [{ enabled: true, others: true }],
    environment: { wandbEnv: task.held ? { WANDB_MODE: 'offline' } : {}, derivedProject: 'bench' },
    startedAtUs: BigInt(Date.now()) * 1000n,
  });
}

/** What it assigns. */
export function variablesOf(task: MadeUpTask): Variable[] {
  const values = Array.from({ length: task.values }, (_, at) =>
    Variable.fromPartial({
      name: `value_${at}`,
      typeMro: ['builtins.float', 'builtins.object'],
      valueJson: String(at / 2),
      origin: Variable_Origin.ASSIGNED,
    }),
  );
  const typeMro = ['bench.Thing', 'builtins.object'];
  const made = Variable.fromPartial({ name: 'made', typeMro, origin: Variable_Origin.ASSIGNED });
  return task.artifact ? [...values, made] : values;
}

/** How it ends. */
export function closed(): Close {
  return {
    outcome: Close_Outcome.OK,
    exception: undefined,
    willRetry: false,
    contentHashes: [],
    endedAtUs: BigInt(Date.now()) * 1000n,
  };
}
