import { pathspec } from '../../domain/attempt.js';
import type { AttemptKey, NewAttempt } from '../../ports/ledger.js';
import { PreparedInsert, PreparedQuery } from '../prepared.js';
import { toJson } from '../rows.js';
import type { AttemptsTable } from '../schema.js';
import type { Db, OfAttempt } from './db.js';
import { endWaitingFor } from './due-uploads.js';

/** Tables with what an attempt itself recorded. */
const OWNED_TABLES = [
  'variables',
  'artifacts',
  'reads',
  'holdings',
  'log_batches',
  'log_artifacts',
  'used_versions',
  'attempt_blobs',
] as const;

const KNOWN = new PreparedQuery((db, parameters: OfAttempt) =>
  db.selectFrom('attempts').select(['state', 'outcome']).where('key', '=', parameters.key),
);
const LAST_SEQ = new PreparedQuery((db, _: object) =>
  db.selectFrom('attempts').select((select) => select.fn.max('seq').as('seq')),
);

const INSERT = new PreparedInsert('attempts');

/** Begins an attempt; see `Ledger.openAttempt`. */
export async function openAttempt(
  db: Db,
  attempt: NewAttempt,
): Promise<'opened' | 'reopened' | 'already-closed'> {
  const known = await KNOWN.first(db, attempt);
  if (!known) {
    await INSERT.run(db, [newRow(attempt, await nextSeq(db))]);
    return 'opened';
  }
  if (known.state !== 'open' && known.outcome !== 'crashed') return 'already-closed';
  await dropHeld(db, attempt.key);
  // It may go elsewhere now, where its readers need not wait for it.
  await endWaitingFor(db, attempt.key);
  await db.updateTable('attempts').set(freshColumns(attempt)).where('key', '=', attempt.key).execute();
  return 'reopened';
}

async function nextSeq(db: Db): Promise<number> {
  const last = await LAST_SEQ.first(db, {});
  return Number(last?.seq ?? 0) + 1;
}

/** What others recorded of this attempt as a maker stays: it will be the maker again. */
async function dropHeld(db: Db, key: AttemptKey): Promise<void> {
  for (const table of OWNED_TABLES) {
    await db.deleteFrom(table).where('attempt_key', '=', key).execute();
  }
}

function newRow(attempt: NewAttempt, seq: number): AttemptsTable {
  const { task } = attempt.opened;
  return {
    key: attempt.key,
    seq,
    metadata_provider: task.metadataProvider,
    flow_name: task.flowName,
    run_id: task.runId,
    step_name: task.stepName,
    task_id: task.taskId,
    attempt: task.attempt,
    pathspec: pathspec(task),
    entity: '',
    project: '',
    // A crashed attempt that goes on keeps the URL of its W&B run.
    url: '',
    // Last: to add properties to what was spread takes longer than to insert the row.
    ...freshColumns(attempt),
  };
}

function freshColumns({ opened, destination, openedAtMs }: NewAttempt) {
  return {
    origin_run_id: opened.originRunId,
    destination,
    state: 'open',
    opened_json: toJson(opened),
    end_json: null,
    outcome: null,
    opened_at_ms: openedAtMs,
    closed_at_ms: null,
    uploaded_at_ms: null,
    tries: 0,
    due_at_ms: 0,
    lease_until_ms: null,
    waits_for: null,
    last_error: '',
    problems_json: '[]',
    link_offers: 0,
    links_due: 0,
  } satisfies Partial<AttemptsTable>;
}
