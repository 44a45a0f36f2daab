import type { IngestLimits } from '../app/limits.js';
import { isSafePath } from '../app/safe-path.js';
import type {
  ArtifactReference,
  HistoryCall,
  JsonText,
  KeyPath,
  LoggedFile,
  MetricDefinition,
  RunFieldChanges,
  StepArtifact,
  StepLogEntry,
  ValuesChange,
} from '../domain/step-log.js';
import type { Blob } from '../ports/blob-store.js';
import { array, jsonObject, malformed, name, number, optionalJson } from './decode-fields.js';
import type * as wire from './gen/metaflow_wandb/v1/ingest.js';

/** Finds a file that came before the entry that names it; null: the entry is done without. */
type BlobOf = (fileId: bigint) => Blob | null;

/** The words of `define_metric(summary=…)`. */
const AGGREGATES = new Set(['min', 'max', 'mean', 'last', 'first', 'best', 'copy', 'none']);

/** Steps are int64 on the wire and negative ones can't be logged, but must not end the stream. */
const INT64_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * Checks what a step logged itself. Entries of kinds that a newer shim knows are left out.
 *
 * @throws SidecarError `malformed`, `too-large`
 */
export function decodeStepLog(metrics: wire.Metrics, limits: IngestLimits, blobOf: BlobOf): StepLogEntry[] {
  return metrics.entries.flatMap((entry) => decodeEntry(entry, limits, blobOf) ?? []);
}

function decodeEntry(
  { entry, loggedAtUs }: wire.LogEntry,
  limits: IngestLimits,
  blobOf: BlobOf,
): StepLogEntry | null {
  switch (entry?.$case) {
    case 'history':
      return decodeHistory(entry.value, number(loggedAtUs, 'logged_at_us'), limits);
    case 'config':
    case 'summary':
      return decodeValues(entry.$case, entry.value, limits);
    case 'metric':
      return { kind: 'metric', metric: decodeMetric(entry.value, limits) };
    case 'file':
      return decodeRunFile(entry.value, limits, blobOf);
    case 'artifact':
      return decodeArtifact(entry.value, limits, blobOf);
    case 'runFields':
      return { kind: 'run', fields: decodeRunFields(entry.value, limits) };
    default:
      return null;
  }
}

function decodeHistory(history: wire.HistoryEntry, atUs: number, limits: IngestLimits): HistoryCall {
  const items = array(history.items, limits.maxVariables, 'history.items').map(({ path, valueJson }) => {
    const [key, ...others] = path;
    if (key === undefined || others.length > 0) throw malformed('history.items.path', 'it must have one key');
    return [key, jsonText(valueJson, limits, `history value ${key}`)] as const;
  });
  const { step, commit } = history;
  return { kind: 'history', items, step: decodeStep(step), commit: commit ?? null, atUs };
}

function decodeStep(step: bigint | undefined): number | null {
  if (step === undefined) return null;
  if (step > INT64_SAFE || step < -INT64_SAFE) throw malformed('history.step', `${step} is out of range`);
  return Number(step);
}

function decodeValues(
  kind: 'config' | 'summary',
  values: wire.ValuesEntry,
  limits: IngestLimits,
): ValuesChange {
  const updated = array(values.updated, limits.maxVariables, `${kind}.updated`).map(
    ({ path, valueJson }) =>
      [keyPath(path, limits, kind), jsonText(valueJson, limits, `${kind} value ${path[0]}`)] as const,
  );
  const removed = array(values.removed, limits.maxVariables, `${kind}.removed`).map(({ path }) =>
    keyPath(path, limits, kind),
  );
  return { kind, updated, removed };
}

function keyPath(path: string[], limits: IngestLimits, kind: string): KeyPath {
  if (path.length === 0) throw malformed(`${kind}.path`, 'it must have at least one key');
  return array(path, limits.maxVariables, `${kind}.path`);
}

function decodeMetric(metric: wire.MetricDefinition, limits: IngestLimits): MetricDefinition {
  const unknown = metric.summary.find((word) => !AGGREGATES.has(word));
  if (unknown !== undefined) throw malformed('metric.summary', `${unknown} is no aggregate`);
  const { goal } = metric;
  if (goal !== '' && goal !== 'minimize' && goal !== 'maximize') throw malformed('metric.goal', goal);
  return {
    name: name(metric.name, limits, 'metric.name'),
    stepMetric: metric.stepMetric,
    stepSync: metric.stepSync ?? null,
    hidden: metric.hidden ?? null,
    summary: metric.summary,
    goal,
    overwrite: metric.overwrite ?? null,
  };
}

function decodeRunFile({ path, fileId }: wire.RunFile, limits: IngestLimits, blobOf: BlobOf): StepLogEntry {
  const file = decodeFile(path, fileId, limits, blobOf);
  return file ? { kind: 'file', file } : { kind: 'lost', what: 'file', name: path };
}

function decodeFile(path: string, fileId: bigint, limits: IngestLimits, blobOf: BlobOf): LoggedFile | null {
  if (!isSafePath(path, limits.maxNameLength)) {
    throw malformed('file.path', `${JSON.stringify(path)} is not a path of plain parts`);
  }
  const blob = blobOf(fileId);
  return blob && { path, sha256: blob.sha256, sizeBytes: blob.sizeBytes };
}

function decodeArtifact(artifact: wire.LoggedArtifact, limits: IngestLimits, blobOf: BlobOf): StepLogEntry {
  const described = describeArtifact(artifact, limits);
  const entries = artifact.entries.filter(({ reference }) => reference === '');
  const found = entries.map(({ path, fileId }) => decodeFile(path, fileId, limits, blobOf));
  const files = found.flatMap((file) => file ?? []);
  if (files.length < found.length) return { kind: 'lost', what: 'artifact', name: described.name };
  return { kind: 'artifact', artifact: { ...described, files } };
}

function describeArtifact(artifact: wire.LoggedArtifact, limits: IngestLimits): Omit<StepArtifact, 'files'> {
  const entries = array(artifact.entries, limits.maxLogFiles, 'artifact.entries', 'max-files');
  const references = entries.filter(({ reference }) => reference !== '');
  jsonObject(artifact.metadataJson, limits.maxValueBytes, 'artifact.metadata_json');
  return {
    name: name(artifact.name, limits, 'artifact.name'),
    type: name(artifact.type, limits, 'artifact.type'),
    description: artifact.description,
    metadata: artifact.metadataJson || '{}',
    aliases: array(artifact.aliases, limits.maxVariables, 'artifact.aliases'),
    tags: array(artifact.tags, limits.maxVariables, 'artifact.tags'),
    clientId: artifact.clientId,
    sequenceClientId: artifact.sequenceClientId,
    references: references.map((entry) => decodeReference(entry, limits)),
  };
}

function decodeReference(entry: wire.ArtifactEntry, limits: IngestLimits): ArtifactReference {
  jsonObject(entry.extraJson, limits.maxValueBytes, 'artifact.entries.extra_json');
  return {
    path: name(entry.path, limits, 'artifact.entries.path'),
    uri: entry.reference,
    digest: entry.digest,
    sizeBytes: number(entry.sizeBytes, 'artifact.entries.size_bytes'),
    extra: entry.extraJson || '{}',
  };
}

function decodeRunFields(fields: wire.RunFields, limits: IngestLimits): RunFieldChanges {
  const tags = array(fields.tags, limits.maxVariables, 'run_fields.tags');
  return { name: fields.name ?? null, notes: fields.notes ?? null, tags: fields.tagsSet ? tags : null };
}

/** Strict JSON, kept as it was written. */
function jsonText(text: string, limits: IngestLimits, field: string): JsonText {
  if (optionalJson(text, limits.maxValueBytes, field) === undefined) throw malformed(field, 'empty');
  return text;
}
