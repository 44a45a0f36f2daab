import {
  Close_Outcome,
  Encoding,
  type LogEntry,
  Open,
  type RecordTaskRequest,
  Variable,
  Variable_Origin,
} from '../../src/grpc/gen/metaflow_wandb/v1/ingest.js';
import type { Seeded } from '../support/seeded.js';

export type Message = NonNullable<RecordTaskRequest['message']>;

/** Few, so that streams meet, and the ledger stays small. */
const TASKS = 40;

/** The messages of a stream as a step sends them. */
export function validStream(random: Seeded): Message[] {
  const text = `payload ${random.between(0, 20)}`;
  return [
    open(random),
    ...(random.chance(0.5) ? [metrics(random)] : []),
    { $case: 'filePart', value: { fileId: 1n, data: Buffer.from(text), endOfFile: true } },
    snapshot(random),
    ...(random.chance(0.15) ? [handedFile(random)] : []),
    chunk(text.slice(0, 4), false),
    chunk(text.slice(4), true),
    {
      $case: 'payloadEnd',
      value: { variable: 'df', encoding: Encoding.PARQUET, fileCount: 1, sizeBytes: BigInt(text.length) },
    },
    { $case: 'payloadSkipped', value: { variable: 'thing', reason: 'it is a lambda' } },
    close(),
  ];
}

/** The attempt that a stream carries. */
export function task(random: Seeded) {
  const taskId = String(random.between(1, TASKS));
  return {
    ...{ metadataProvider: 'local@fuzz', flowName: 'FuzzFlow', runId: '1', stepName: 'start', taskId },
    attempt: random.between(0, 1),
  };
}

function open(random: Seeded): Message {
  const value = Open.fromPartial({
    protocol: { major: 1, minor: 3 },
    task: task(random),
    stepOptions: [
      {
        enabled: true,
        datasets: true,
        others: true,
        settingsJson: '{"run_group": "g"}',
        settingsWithheld: ['api_key'],
      },
    ],
    flowOptions: [{ enabled: true }],
    parameters: [{ name: 'alpha', valueJson: '0.5' }],
    tags: ['a tag'],
    foreachStack: [{ stepName: 'start', variable: 'xs', numSplits: 3n, index: 1n, value: 'x' }],
    graphJson: '{"start": {"type": "start", "next": ["end"]}}',
    environment: { host: 'h', arguments: ['run'], wandbEnv: { WANDB_PROJECT: 'p' }, git: { commit: 'c' } },
    startedAtUs: 1_700_000_000_000_000n,
    maxAttempts: 2,
    lineageOnly: random.chance(0.1),
    spooled: random.chance(0.1),
  });
  return { $case: 'open', value };
}

function metrics(random: Seeded): Message {
  const loggedAtUs = 1_700_000_000_000_001n;
  const named = { path: ['loss'], valueJson: String(random.fraction()) };
  const entries: LogEntry[] = [
    { loggedAtUs, entry: { $case: 'history', value: { items: [named], step: 1n, commit: true } } },
    { loggedAtUs, entry: { $case: 'config', value: { updated: [named], removed: [{ path: ['a', 'b'] }] } } },
    {
      loggedAtUs,
      entry: { $case: 'runFields', value: { name: 'n', notes: 'x', tags: ['t'], tagsSet: true } },
    },
  ];
  return { $case: 'metrics', value: { entries } };
}

function snapshot(random: Seeded): Message {
  const variables = [
    { name: 'n', typeMro: ['builtins.int', 'builtins.object'], valueJson: '1' },
    { name: 'df', typeMro: ['pandas.DataFrame', 'builtins.object'], origin: Variable_Origin.MUTATED },
    { name: 'thing', typeMro: ['__main__.Thing', 'builtins.object'], sizeBytes: 12n },
  ];
  const reads = [{ name: 'x', source: task(random), contentHash: 'a'.repeat(40) }];
  return {
    $case: 'snapshot',
    value: { variables: variables.map((one) => Variable.fromPartial(one)), reads },
  };
}

function chunk(text: string, endOfFile: boolean): Message {
  const value = {
    variable: 'df',
    encoding: Encoding.PARQUET,
    path: 'df.parquet',
    data: Buffer.from(text),
    endOfFile,
  };
  return { $case: 'chunk', value };
}

/** Of a file that nobody has put anywhere. */
function handedFile(random: Seeded): Message {
  const name = random.pick(['a1', '..', '../ledger.db', '', 'sidecar.sock', 'x'.repeat(65)]);
  const value = { variable: 'df', encoding: Encoding.PARQUET, path: 'df.parquet', name, sizeBytes: 3n };
  return { $case: 'handedFile', value };
}

function close(): Message {
  const contentHashes = [{ name: 'n', contentHash: 'b'.repeat(40), inheritedFrom: undefined }];
  const exception = { typeName: 'E', message: 'm', traceback: 't' };
  return {
    $case: 'close',
    value: {
      outcome: Close_Outcome.OK,
      exception,
      willRetry: false,
      contentHashes,
      endedAtUs: 1_700_000_001_000_000n,
    },
  };
}
