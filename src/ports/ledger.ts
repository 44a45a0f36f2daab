import type {
  AttemptEnd,
  DescribedVariable,
  HeldVariable,
  OpenedAttempt,
  StoredPayload,
  VariableRead,
} from '../domain/attempt.js';
import type { VariableDecision } from '../domain/decision.js';
import type { BlobReferences } from './blob-references.js';
import type {
  AttemptDetail,
  AttemptFilter,
  AttemptRow,
  FlowRow,
  ReaderRow,
  RunRow,
} from './ledger-read-model.js';
import type { StepLogs } from './step-logs.js';
import type { LoggedArtifact } from './uploader.js';

export type {
  AttemptDetail,
  AttemptFilter,
  AttemptRow,
  FlowRow,
  InputRow,
  ReaderRow,
  ReadRow,
  RunRow,
} from './ledger-read-model.js';

/**
 * The durable record: outbox, lineage graph and read model in one. Every
 * writing method is one transaction and has reached the disk when it resolves.
 */
export interface Ledger extends StepLogs, BlobReferences {
  /**
   * Begins an attempt, or begins an unfinished or crashed one anew, dropping
   * what it held. A finished one is left alone.
   */
  openAttempt(attempt: NewAttempt): Promise<'opened' | 'reopened' | 'already-closed'>;
  /** Records what the attempt holds and what was decided; once each time that it is begun. */
  recordSnapshot(key: AttemptKey, snapshot: DecidedSnapshot): Promise<void>;
  /** Records that a planned payload is on disk. */
  recordPayload(key: AttemptKey, variable: string, payload: StoredPayload): Promise<void>;
  /** Turns a planned variable into a skipped one. */
  recordSkip(key: AttemptKey, variable: string, reason: string): Promise<void>;
  /**
   * Ends an attempt, resolves the makers of what it read and holds, and makes
   * it due for upload (or `held` or `unlogged`, by its destination). Planned artifacts whose
   * payload never came become skipped. A closed attempt is left alone.
   */
  closeAttempt(key: AttemptKey, end: AttemptEnd, held: readonly HeldVariable[]): Promise<ClosedCounts>;
  /** Attempts that are open, oldest first. */
  openAttempts(): Promise<readonly { key: AttemptKey; openedAtMs: number }[]>;

  /**
   * Leases uploads that are due: pending, not leased, their time come, and
   * every maker of what they read settled (done or failed). One of each flow in
   * turn, by name, first of the flow after the one that was served last; within
   * a flow, those that became due first. What can't be read is given up.
   *
   * @param nowMs any time that only grows while the ledger is open
   * @param afterFlow flow that was served last; empty or absent: none
   * @param underWay attempts that an upload is under way for, such as of an earlier form: not handed out
   */
  claimUploads(
    nowMs: number,
    leaseMs: number,
    limit: number,
    afterFlow?: string,
    underWay?: readonly AttemptKey[],
  ): Promise<readonly PendingUpload[]>;
  /** The upload landed: keeps the artifact versions; the attempt is `done`. */
  settleUploaded(key: AttemptKey, landed: LandedRun): Promise<void>;
  /** The upload will be tried again at `dueAtMs`, a time as of {@link claimUploads}. */
  settleRetry(key: AttemptKey, reason: string, dueAtMs: number): Promise<void>;
  /** The upload is given up until somebody retries it. */
  settleFailed(key: AttemptKey, reason: string): Promise<void>;
  /** Makes due what failed or waits for its next try: all of it, or what equals or lies below the pathspec prefix. */
  retryFailed(pathspecPrefix: string | null): Promise<number>;
  /** Sends held attempts to a destination: all of them, or those whose pathspec equals or lies below the prefix. */
  releaseHeld(
    pathspecPrefix: string | null,
    destination: Exclude<Destination, 'hold' | 'none'>,
  ): Promise<number>;
  /** Ends all leases and all waiting for a next try; for start-up, when no other process can hold one. */
  releaseLeases(): Promise<void>;

  /** Edges whose consumer is in W&B and whose maker's artifact is there too, but that aren't drawn yet. */
  claimLinks(limit: number): Promise<readonly PendingLink[]>;
  /** These edges are drawn. */
  settleLinks(key: AttemptKey, names: readonly string[]): Promise<void>;
  /** Number of uploaded attempts that may still have edges to draw. */
  countDueLinks(): Promise<number>;

  counts(): Promise<OutboxCounts>;
  /** Read model: flows with their number of runs, newest first. */
  listFlows(limit: number): Promise<readonly FlowRow[]>;
  /** Read model: Metaflow runs, newest first. */
  listRuns(flowName: string | null, limit: number): Promise<readonly RunRow[]>;
  /** Read model: attempts at or below a pathspec prefix, or all; newest first. */
  listAttempts(filter: AttemptFilter, limit: number): Promise<readonly AttemptRow[]>;
  /** Read model: one attempt with its variables, and what it read and passed on; null where unknown. */
  getAttempt(key: AttemptKey): Promise<AttemptDetail | null>;
  /** Read model: attempts that read what this one made, by variable, oldest first. */
  listReaders(key: AttemptKey, limit: number): Promise<readonly ReaderRow[]>;
  /** Read model: the attempt that logged `entity/project/name:vN` first, as W&B has it; null where none did. */
  findLogger(qualifiedName: string): Promise<AttemptKey | null>;
  /** When the attempt ended that has waited longest for its upload, in Unix milliseconds; null where none waits. */
  oldestPendingAtMs(): Promise<number | null>;
  close(): Promise<void>;
}

/** Key of an attempt in the ledger; also the id of its W&B run. */
export type AttemptKey = string;

/** Where an attempt's data goes. `none`: nowhere, it is recorded for lineage alone. */
export type Destination = 'wandb' | 'local' | 'hold' | 'none';

/** State of an attempt: on its way in, then on its way out. `unlogged`: ended, and recorded for lineage alone. */
export type AttemptState = 'open' | 'held' | 'pending' | 'done' | 'failed' | 'unlogged';

/** An attempt whose stream was opened. */
export interface NewAttempt {
  readonly key: AttemptKey;
  readonly opened: OpenedAttempt;
  readonly destination: Destination;
  readonly openedAtMs: number;
}

/** A snapshot with the decision for each of its variables. */
export interface DecidedSnapshot {
  readonly variables: readonly DecidedVariable[];
  /** `sourceKey` is the attempt key of `source`. */
  readonly reads: readonly (VariableRead & { readonly sourceKey: AttemptKey })[];
}

/** A variable and what becomes of it. */
export interface DecidedVariable {
  readonly described: DescribedVariable;
  readonly decision: VariableDecision;
}

/** How many variables will be logged and how many not. */
export interface ClosedCounts {
  readonly logged: number;
  readonly skipped: number;
}

/** An attempt that is due for upload. */
export interface PendingUpload {
  readonly key: AttemptKey;
  readonly destination: Destination;
  readonly opened: OpenedAttempt;
  readonly end: AttemptEnd;
  readonly variables: readonly LedgerVariable[];
  /** Exact versions that the attempt read, of makers that are in the same destination. */
  readonly uses: readonly LedgerUse[];
  /** How many tries went before this one. */
  readonly tries: number;
}

/** A variable with its payload, if it has one. */
export interface LedgerVariable extends DecidedVariable {
  readonly payload: StoredPayload | null;
}

/** A read whose maker's artifact version is known. */
export interface LedgerUse {
  readonly name: string;
  /** `entity/project/name:vN`. */
  readonly qualifiedName: string;
}

/** Edges of one uploaded run that are yet to be drawn. */
export interface PendingLink {
  readonly key: AttemptKey;
  /** The attempt's. */
  readonly metadataProvider: string;
  readonly destination: Destination;
  readonly entity: string;
  readonly project: string;
  readonly uses: readonly LedgerUse[];
}

/** A run as W&B holds it. */
export interface LandedRun {
  readonly entity: string;
  readonly project: string;
  readonly url: string;
  readonly artifacts: readonly LoggedArtifact[];
  /** Names of reads whose edges are drawn. */
  readonly drawnUses: readonly string[];
  /** `entity/project/name:vN` of those that the step asked for itself and whose edges are drawn. */
  readonly usedVersions: readonly string[];
  readonly problems: readonly string[];
  readonly uploadedAtMs: number;
}

/** Number of attempts in each state. */
export type OutboxCounts = Readonly<Record<AttemptState, number>>;
