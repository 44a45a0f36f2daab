import {
  type ChannelCredentials,
  type ClientDuplexStream,
  credentials,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import {
  Close_Outcome,
  IngestServiceClient,
  Open,
  type RecordTaskRequest,
  type RecordTaskResponse,
  Variable,
} from '../../src/grpc/gen/metaflow_wandb/v1/ingest.js';

type Message = NonNullable<RecordTaskRequest['message']>;
type Answer = NonNullable<RecordTaskResponse['message']>;
type AnswerOf<C extends Answer['$case']> = Extract<Answer, { $case: C }>['value'];

/** How a stream differs from a plain one. */
interface StreamOptions {
  readonly channel?: ChannelCredentials;
  /** Further metadata. */
  readonly more?: Readonly<Record<string, string>>;
}

/** One stream of a client that says just what a test wants. */
export class TaskStream {
  private readonly client: IngestServiceClient;
  private readonly call: ClientDuplexStream<RecordTaskRequest, RecordTaskResponse>;
  private readonly answers: Answer[] = [];
  private error: ServiceError | null = null;
  private ended = false;
  private notify: () => void = () => undefined;

  constructor(address: string, token?: string, { channel, more = {} }: StreamOptions = {}) {
    this.client = new IngestServiceClient(address, channel ?? credentials.createInsecure());
    const metadata = new Metadata();
    if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
    for (const [key, value] of Object.entries(more)) metadata.set(key, value);
    this.call = this.client.recordTask(metadata);
    this.call.on('data', ({ message }: RecordTaskResponse) => {
      if (message) this.answers.push(message);
      this.notify();
    });
    this.call.on('error', (error: ServiceError) => {
      this.error = error;
      this.notify();
    });
    this.call.on('end', () => {
      this.ended = true;
      this.notify();
    });
  }

  /** Sends a message without waiting. */
  send(message: Message): this {
    this.call.write({ message });
    return this;
  }

  /** Sends a message, and waits until there is room for another one. */
  async sendSlowly(message: Message): Promise<void> {
    if (this.call.write({ message })) return;
    await new Promise<void>((resolve) => this.call.once('drain', () => resolve()));
  }

  /** The next answer, which must be of that kind. Rejects with the status if the stream was refused. */
  async next<C extends Answer['$case']>(kind: C): Promise<AnswerOf<C>> {
    const answer = await this.wait(() => this.answers.shift());
    if (answer.$case !== kind) throw new Error(`expected ${kind}, got ${answer.$case}`);
    return answer.value as unknown as AnswerOf<C>;
  }

  /** The status that the server refuses the stream with. */
  async refusal(): Promise<ServiceError> {
    while (!this.error) await this.change();
    return this.error;
  }

  /** Half-closes the stream and waits for its end. */
  async end(): Promise<void> {
    this.call.end();
    while (!this.ended && !this.error) await this.change();
    this.client.close();
  }

  /** Goes away without a word, as a killed task does. */
  vanish(): void {
    this.call.on('error', () => undefined);
    this.call.cancel();
    this.client.close();
  }

  private async wait<T>(take: () => T | undefined): Promise<T> {
    for (;;) {
      const taken = take();
      if (taken !== undefined) return taken;
      if (this.error) throw this.error;
      if (this.ended) throw new Error('the stream ended');
      await this.change();
    }
  }

  private change(): Promise<void> {
    return new Promise((resolve) => {
      this.notify = resolve;
    });
  }
}

/** An Open of a step decorated with these options. */
export function openMessage(
  overrides: Partial<Open> = {},
  options: { datasets?: boolean; models?: boolean; others?: boolean; enabled?: boolean } = {},
): Message {
  const value = Open.fromPartial({
    protocol: { major: 1, minor: 0 },
    task: {
      metadataProvider: 'local@test',
      flowName: 'TestFlow',
      runId: '1',
      stepName: 'start',
      taskId: '1',
      attempt: 0,
    },
    stepOptions: [{ enabled: true, ...options }],
    startedAtUs: 1_700_000_000_000_000n,
    ...overrides,
  });
  return { $case: 'open', value };
}

/** A Snapshot of these variables. */
export function snapshotMessage(...variables: Partial<Variable>[]): Message {
  return {
    $case: 'snapshot',
    value: { variables: variables.map((variable) => Variable.fromPartial(variable)), reads: [] },
  };
}

/** A Close of a step that succeeded. */
export function closeMessage(): Message {
  const value = {
    outcome: Close_Outcome.OK,
    exception: undefined,
    willRetry: false,
    contentHashes: [],
    endedAtUs: 1_700_000_001_000_000n,
  };
  return { $case: 'close', value };
}

/** A variable that is a base value. */
export const INT: Partial<Variable> = {
  name: 'n',
  typeMro: ['builtins.int', 'builtins.object'],
  valueJson: '1',
};
/** A variable that is a frame. */
export const FRAME: Partial<Variable> = { name: 'df', typeMro: ['pandas.DataFrame', 'builtins.object'] };
