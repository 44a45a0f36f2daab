import {
  type LogEntry,
  type LoggedArtifact,
  MetricDefinition,
  type RecordTaskRequest,
  RunFields,
  LoggedArtifact as WireArtifact,
} from '../../src/grpc/gen/metaflow_wandb/v1/ingest.js';

type Message = NonNullable<RecordTaskRequest['message']>;
type Entry = NonNullable<LogEntry['entry']>;

/** Unix time in microseconds of every entry that says no other. */
export const LOGGED_AT_US = 1_700_000_000_500_000n;

/** A Metrics message of these entries. */
export function metricsMessage(...entries: Entry[]): Message {
  const value = { entries: entries.map((entry) => ({ entry, loggedAtUs: LOGGED_AT_US })) };
  return { $case: 'metrics', value };
}

/** `run.log(values, step=, commit=)`; values as JavaScript writes them. */
export function history(
  values: Record<string, unknown>,
  { step, commit }: { step?: number; commit?: boolean } = {},
): Entry {
  const items = Object.entries(values).map(([key, value]) => ({
    path: [key],
    valueJson: JSON.stringify(value),
  }));
  const value = { items, step: step === undefined ? undefined : BigInt(step), commit };
  return { $case: 'history', value };
}

/** A change of config or summary: values by dotted path; undefined removes. */
export function change(kind: 'config' | 'summary', values: Record<string, unknown>): Entry {
  const all = Object.entries(values).map(([path, value]) => ({ path: path.split('.'), value }));
  const updated = all.filter(({ value }) => value !== undefined);
  const removed = all.filter(({ value }) => value === undefined);
  const value = {
    updated: updated.map(({ path, value }) => ({ path, valueJson: JSON.stringify(value) })),
    removed: removed.map(({ path }) => ({ path })),
  };
  return { $case: kind, value };
}

/** `run.define_metric`. */
export function metric(definition: Partial<MetricDefinition>): Entry {
  return { $case: 'metric', value: MetricDefinition.fromPartial(definition) };
}

/** A file of the run whose content was sent under that number. */
export function runFile(path: string, fileId: number): Entry {
  return { $case: 'file', value: { path, fileId: BigInt(fileId) } };
}

/** `run.log_artifact`. */
export function loggedArtifact(artifact: Partial<LoggedArtifact>): Entry {
  return { $case: 'artifact', value: WireArtifact.fromPartial(artifact) };
}

/** A change of name, notes or tags. */
export function runFields(fields: Partial<RunFields>): Entry {
  return { $case: 'runFields', value: RunFields.fromPartial(fields) };
}

/** A file, or a piece of one. */
export function filePart(fileId: number, data: string | Uint8Array, endOfFile = true): Message {
  return { $case: 'filePart', value: { fileId: BigInt(fileId), data: Buffer.from(data), endOfFile } };
}
