import { RowFile } from '../../src/app/row-file.js';
import type { StepArtifact, StepLogEntry } from '../../src/domain/step-log.js';
import { StepLogState } from '../../src/domain/step-log-state.js';
import type { StepLogUpload } from '../../src/ports/uploader.js';

/** An artifact that a step logged, without files. */
export function stepArtifact(overrides: Partial<StepArtifact> = {}): StepArtifact {
  return {
    ...{ name: 'weights', type: 'model', description: '', metadata: '{}', aliases: [], tags: [] },
    ...{ clientId: 'client1', sequenceClientId: 'sequence1', files: [], references: [] },
    ...overrides,
  };
}

/** `run.log(values, step=, commit=)`, at one second for each call. */
export function historyCall(
  values: Record<string, unknown>,
  { step = null, commit = null, atUs = 1_700_000_000_000_000 }: CallOptions = {},
): StepLogEntry {
  const items = Object.entries(values).map(([key, value]) => [key, JSON.stringify(value)] as const);
  return { kind: 'history', items, step, commit, atUs };
}

interface CallOptions {
  readonly step?: number | null;
  readonly commit?: boolean | null;
  readonly atUs?: number;
}

/** A change of config or summary at the outermost keys. */
export function valuesSet(kind: 'config' | 'summary', values: Record<string, unknown>): StepLogEntry {
  const updated = Object.entries(values).map(([key, value]) => [[key], JSON.stringify(value)] as const);
  return { kind, updated, removed: [] };
}

/** `run.define_metric(name, summary=)`. */
export function metricDefined(name: string, summary: readonly string[], stepMetric = ''): StepLogEntry {
  const rest = { stepMetric, stepSync: null, hidden: null, goal: '', overwrite: null } as const;
  return { kind: 'metric', metric: { name, summary, ...rest } };
}

/** What the uploader is given of a log without files, its rows in a file below `directory`; and the step after them. */
export async function stepLogUpload(
  directory: string,
  entries: readonly StepLogEntry[],
): Promise<{ log: StepLogUpload; rowStep: number }> {
  const state = new StepLogState();
  const file = await RowFile.create(directory);
  for (const entry of entries) await file.add(state.add(entry));
  await file.add(state.finish());
  await file.flush();
  const { metrics, config, summary, rowSummary, nextStep } = state.view();
  const log = {
    ...{ rowsPath: file.path, rows: file.rows, rowsBytes: file.sizeBytes, lastStep: file.lastStep },
    ...{ metrics, config, summary, rowSummary: Object.fromEntries(rowSummary), files: [] },
  };
  return { log, rowStep: nextStep };
}

/** `run.save` of a file with that content. */
export function fileLogged(path: string, sha256: string, sizeBytes: number): StepLogEntry {
  return { kind: 'file', file: { path, sha256, sizeBytes } };
}
