import type { StepLogEntry } from '../domain/step-log.js';

/** Keeps what steps log to their own W&B runs. Each write has reached the disk when it resolves. */
export interface StepLogs {
  /**
   * Appends to the log of an attempt, in order.
   * @throws SidecarError `not-found`, `attempt-not-open`
   */
  appendLog(key: string, entries: readonly StepLogEntry[]): Promise<void>;
  /** The next entries of a log, a bounded number at a time; none: the log ends there. */
  readLog(key: string, from: LogPosition): Promise<LogPage>;
  /**
   * Number of attempts of the same Metaflow run and destination, begun before
   * this one, that log an artifact of that name and whose upload is due.
   */
  countPendingLoggers(key: string, artifactName: string): Promise<number>;
}

/** A place in a log; 0: its beginning. */
export type LogPosition = number;

/** Entries of a log, and where those after them begin. */
export interface LogPage {
  readonly entries: readonly StepLogEntry[];
  readonly next: LogPosition;
}
