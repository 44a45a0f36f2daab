import type { AttemptState, Destination } from '../ports/ledger.js';

/**
 * Tables as the code sees them. Times are Unix time in milliseconds, flags 0
 * and 1, `_json` columns JSON as text: types that SQLite and Postgres share.
 */
export interface LedgerTables {
  attempts: AttemptsTable;
  variables: VariablesTable;
  artifacts: ArtifactsTable;
  reads: ReadsTable;
  holdings: HoldingsTable;
  log_batches: LogBatchesTable;
  log_artifacts: LogArtifactsTable;
  used_versions: UsedVersionsTable;
  attempt_blobs: AttemptBlobsTable;
}

/** One row a task attempt: the outbox. */
export interface AttemptsTable {
  key: string;
  /** Order in which attempts were first opened. */
  seq: number;
  metadata_provider: string;
  flow_name: string;
  run_id: string;
  step_name: string;
  task_id: string;
  attempt: number;
  pathspec: string;
  /** Empty: the run resumes none. */
  origin_run_id: string;
  destination: Destination;
  state: AttemptState;
  opened_json: string;
  end_json: string | null;
  outcome: 'ok' | 'failed' | 'crashed' | null;
  opened_at_ms: number;
  closed_at_ms: number | null;
  uploaded_at_ms: number | null;
  tries: number;
  /** When it may be uploaded; while it is leased, when the lease ends. */
  due_at_ms: number;
  /** Null: nobody uploads it now. */
  lease_until_ms: number | null;
  /** A maker that has to be settled before this is looked at again; null: it is not known to wait for any. */
  waits_for: string | null;
  last_error: string;
  entity: string;
  project: string;
  url: string;
  problems_json: string;
  /** How often its late edges were handed out; those handed out least come first. */
  link_offers: number;
  /** 1: something has happened that may let an edge of it be drawn. */
  links_due: number;
}

/** One row a variable of a snapshot. */
export interface VariablesTable {
  attempt_key: string;
  name: string;
  /** Place in the snapshot. */
  position: number;
  action: 'value' | 'artifact' | 'skip';
  described_json: string;
  decision_json: string;
  payload_json: string | null;
}

/** One row an artifact version that an attempt logged. */
export interface ArtifactsTable {
  attempt_key: string;
  variable: string;
  qualified_name: string;
  artifact_json: string;
  /** 0: another attempt had logged equal content before, so that W&B has one version for both. */
  made_here: number;
}

/** One row a variable that an attempt read. */
export interface ReadsTable {
  attempt_key: string;
  name: string;
  source_key: string;
  source_pathspec: string;
  /** Metadata provider of the source; empty: the reader's own. */
  source_provider: string;
  content_hash: string;
  maker_key: string | null;
  /** 1: handed out to be drawn. */
  offered: number;
  /** 1: the edge is in W&B. */
  drawn: number;
}

/** One row a variable that an attempt held when it ended: the lineage graph. */
export interface HoldingsTable {
  attempt_key: string;
  name: string;
  content_hash: string;
  maker_key: string | null;
  /** Null: made here. */
  source_key: string | null;
  /** Empty: made here. */
  source_pathspec: string;
}

/** One row some entries of a step's own log that came together. */
export interface LogBatchesTable {
  attempt_key: string;
  /** Place in the log, from 1. */
  seq: number;
  entries_json: string;
}

/** One row a name of an artifact that a step logged itself. */
export interface LogArtifactsTable {
  attempt_key: string;
  name: string;
}

/** One row an artifact version that a step asked W&B for itself. */
export interface UsedVersionsTable {
  attempt_key: string;
  qualified_name: string;
}

/** One row a blob that an attempt needs for its upload, or needed. */
export interface AttemptBlobsTable {
  attempt_key: string;
  sha256: string;
  size_bytes: number;
  /** Since when the attempt has been whole in W&B; null: it isn't. */
  uploaded_at_ms: number | null;
  /** 1: nothing keeps the blob on behalf of this attempt any more. */
  given_up: number;
}
