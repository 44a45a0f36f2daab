import type { AttemptEnd, DescribedVariable, OpenedAttempt, StoredPayload } from '../domain/attempt.js';
import type { VariableDecision } from '../domain/decision.js';
import type { AttemptRow, LedgerVariable } from '../ports/ledger.js';
import type { AttemptsTable, VariablesTable } from './schema.js';

/** JSON text of a value that the ledger keeps as such. */
export function toJson(value: unknown): string {
  return JSON.stringify(value);
}

/** What was kept of an opened attempt. */
export function openedOf(row: Pick<AttemptsTable, 'opened_json'>): OpenedAttempt {
  return JSON.parse(row.opened_json) as OpenedAttempt;
}

/** How an attempt ended; null while it is open. */
export function endOf(row: Pick<AttemptsTable, 'end_json'>): AttemptEnd | null {
  return row.end_json === null ? null : (JSON.parse(row.end_json) as AttemptEnd);
}

/** A variable as the port states it. */
export function variableOf(row: VariablesTable): LedgerVariable {
  const described = JSON.parse(row.described_json) as DescribedVariable;
  return {
    // JSON drops a value that is undefined.
    described: { ...described, value: described.value },
    decision: JSON.parse(row.decision_json) as VariableDecision,
    payload: row.payload_json === null ? null : (JSON.parse(row.payload_json) as StoredPayload),
  };
}

/** Columns that the read model needs of an attempt; without those that are large. */
export const ATTEMPT_ROW_COLUMNS = [
  'key',
  'metadata_provider',
  'flow_name',
  'run_id',
  'step_name',
  'task_id',
  'attempt',
  'pathspec',
  'state',
  'destination',
  'outcome',
  'opened_at_ms',
  'closed_at_ms',
  'uploaded_at_ms',
  'tries',
  'last_error',
  'url',
  'problems_json',
] as const satisfies (keyof AttemptsTable)[];

/** An attempt as the read model states it. */
export function attemptRowOf(row: Pick<AttemptsTable, (typeof ATTEMPT_ROW_COLUMNS)[number]>): AttemptRow {
  return {
    key: row.key,
    task: {
      metadataProvider: row.metadata_provider,
      flowName: row.flow_name,
      runId: row.run_id,
      stepName: row.step_name,
      taskId: row.task_id,
      attempt: row.attempt,
    },
    pathspec: row.pathspec,
    state: row.state,
    destination: row.destination,
    outcome: row.outcome,
    openedAtMs: row.opened_at_ms,
    closedAtMs: row.closed_at_ms,
    uploadedAtMs: row.uploaded_at_ms,
    tries: row.tries,
    lastError: row.last_error,
    url: row.url,
    problems: JSON.parse(row.problems_json) as string[],
  };
}
