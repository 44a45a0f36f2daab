import type { AttemptEnd, TaskAttempt } from '../domain/attempt.js';
import type { OptionLayers } from '../domain/precedence.js';
import type { AttemptKey, AttemptState, Destination, LedgerVariable, OutboxCounts } from './ledger.js';
import type { LoggedArtifact } from './uploader.js';

/** A flow in the read model. */
export interface FlowRow {
  readonly flowName: string;
  readonly runs: number;
  readonly attempts: number;
  readonly lastOpenedAtMs: number;
}

/** A Metaflow run in the read model. */
export interface RunRow {
  readonly flowName: string;
  readonly runId: string;
  readonly attempts: number;
  readonly states: OutboxCounts;
  readonly lastOpenedAtMs: number;
}

/** Which attempts to list. */
export interface AttemptFilter {
  /** `Flow`, `Flow/run`, `Flow/run/step` or a whole pathspec; null: any. */
  readonly pathspecPrefix: string | null;
  /** Null: any. */
  readonly state: AttemptState | null;
  /** Only those of which W&B would not take everything. */
  readonly withProblems?: boolean;
}

/** An attempt in the read model. */
export interface AttemptRow {
  readonly key: AttemptKey;
  readonly task: TaskAttempt;
  readonly pathspec: string;
  readonly state: AttemptState;
  readonly destination: Destination;
  readonly outcome: AttemptEnd['outcome'] | null;
  readonly openedAtMs: number;
  readonly closedAtMs: number | null;
  readonly uploadedAtMs: number | null;
  readonly tries: number;
  /** Reason of the last failed try; empty where there is none. */
  readonly lastError: string;
  readonly url: string;
  readonly problems: readonly string[];
}

/** An attempt with everything known of it. */
export interface AttemptDetail extends AttemptRow {
  readonly variables: readonly (LedgerVariable & { readonly artifact: LoggedArtifact | null })[];
  readonly reads: readonly ReadRow[];
  /** What it held in the end without having made it. */
  readonly passedOn: readonly InputRow[];
  /** Artifacts that its step logged itself; `variable` says by which call. */
  readonly ownArtifacts: readonly LoggedArtifact[];
  /** Its decorations, where it is recorded for lineage alone; else null. */
  readonly layers: OptionLayers | null;
}

/** Something that an attempt has from another one, in the read model. */
export interface InputRow {
  readonly name: string;
  /** `Flow/run/step/task` that it was loaded from. */
  readonly sourcePathspec: string;
  /** Attempt that made the value; null where it isn't known. */
  readonly makerKey: AttemptKey | null;
  readonly makerPathspec: string | null;
  /** `entity/project/name:vN`, once the maker's artifact is in W&B. */
  readonly artifact: string | null;
}

/** A read in the read model. */
export interface ReadRow extends InputRow {
  /** True: the edge is in W&B. */
  readonly drawn: boolean;
}

/** An attempt that read something another one made. */
export interface ReaderRow {
  /** Name of the variable, or `use_artifact(NAME)` where the step asked for a version itself. */
  readonly name: string;
  /** The version that it asked for itself; null where it read a variable. */
  readonly artifact: string | null;
  readonly readerKey: AttemptKey;
  readonly readerPathspec: string;
  readonly readerState: AttemptState;
  readonly drawn: boolean;
}
