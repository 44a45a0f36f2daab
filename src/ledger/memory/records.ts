import { type AttemptEnd, pathspec } from '../../domain/attempt.js';
import { SidecarError } from '../../domain/errors.js';
import type { Holding } from '../../domain/lineage.js';
import type { StepLogEntry } from '../../domain/step-log.js';
import type {
  AttemptKey,
  AttemptRow,
  AttemptState,
  DecidedSnapshot,
  LandedRun,
  LedgerVariable,
  NewAttempt,
  OutboxCounts,
} from '../../ports/ledger.js';

/** A variable whose decision and payload change. */
export type MutableVariable = { -readonly [Field in keyof LedgerVariable]: LedgerVariable[Field] };

/** A read with what is known of its maker. */
export type ReadRecord = DecidedSnapshot['reads'][number] & {
  makerKey: AttemptKey | null;
  offered: boolean;
  drawn: boolean;
};

/** Everything that is known of one attempt. */
export interface AttemptRecord {
  readonly key: AttemptKey;
  /** Order in which attempts were first opened. */
  readonly seq: number;
  opening: NewAttempt;
  state: AttemptState;
  end: AttemptEnd | null;
  variables: MutableVariable[];
  reads: ReadRecord[];
  holdings: Map<string, Holding>;
  /** Pathspecs of the attempts that it took something from. */
  sourcePathspecs: Map<AttemptKey, string>;
  landed: LandedRun | null;
  /** What the step logged to its own W&B run. */
  log: StepLogEntry[];
  /** A crashed attempt that goes on keeps the URL of its W&B run. */
  url: string;
  tries: number;
  dueAtMs: number;
  leaseUntilMs: number | null;
  lastError: string;
  linkOffers: number;
  /** Digests of blobs that nothing keeps on its behalf any more. */
  readonly givenUp: Set<string>;
}

/** All attempts by their key, in the order they were first opened. */
export type Records = Map<AttemptKey, AttemptRecord>;

/** A record without anything that its earlier form held. */
export function freshRecord(opening: NewAttempt, seq: number, url: string): AttemptRecord {
  return {
    ...{ key: opening.key, seq, opening, url, state: 'open', end: null, landed: null },
    ...{ variables: [], reads: [], holdings: new Map(), sourcePathspecs: new Map(), log: [] },
    ...{ tries: 0, dueAtMs: 0, leaseUntilMs: null, lastError: '', linkOffers: 0, givenUp: new Set() },
  };
}

/** The record of an attempt. @throws SidecarError `not-found` */
export function known(records: Records, key: AttemptKey): AttemptRecord {
  const record = records.get(key);
  if (!record) throw new SidecarError('not-found', `the ledger knows no attempt ${key}`);
  return record;
}

/** The record of an attempt that still takes in data. @throws SidecarError `not-found`, `attempt-not-open` */
export function stillOpen(records: Records, key: AttemptKey): AttemptRecord {
  const record = known(records, key);
  if (record.state !== 'open') throw new SidecarError('attempt-not-open', `attempt ${key} is closed already`);
  return record;
}

/** A variable of a snapshot. @throws SidecarError `not-found` */
export function variableOf(record: AttemptRecord, name: string): MutableVariable {
  const variable = record.variables.find(({ described }) => described.name === name);
  if (!variable) throw new SidecarError('not-found', `attempt ${record.key} described no variable "${name}"`);
  return variable;
}

/** Counts records by their state. */
export function countStates(records: Iterable<AttemptRecord>): OutboxCounts {
  const counts = { open: 0, held: 0, pending: 0, done: 0, failed: 0, unlogged: 0 };
  for (const record of records) counts[record.state] += 1;
  return counts;
}

/** Tells whether a pathspec equals a prefix or lies below it; null: always. */
export function atOrBelow(record: AttemptRecord, prefix: string | null): boolean {
  const whole = pathspec(record.opening.opened.task);
  return prefix === null || whole === prefix || whole.startsWith(`${prefix}/`);
}

/** A record as the read model states it. */
export function rowOf(record: AttemptRecord): AttemptRow {
  const { opened, destination, openedAtMs } = record.opening;
  const { key, state, tries, lastError, url } = record;
  return {
    ...{ key, state, tries, lastError, url, destination, openedAtMs },
    task: opened.task,
    pathspec: pathspec(opened.task),
    outcome: record.end?.outcome ?? null,
    closedAtMs: record.end && Math.floor(record.end.endedAtUs / 1000),
    uploadedAtMs: record.landed?.uploadedAtMs ?? null,
    problems: record.landed?.problems ?? [],
  };
}
