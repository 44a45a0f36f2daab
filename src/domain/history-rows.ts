import { mergeJson } from './json-merge.js';
import type { HistoryCall, JsonText } from './step-log.js';

/** One row of a run's history. */
export interface HistoryRow {
  readonly step: number;
  /** Values by key, `_timestamp` (Unix seconds) among them. */
  readonly items: ReadonlyMap<string, JsonText>;
}

/**
 * Makes history rows of `run.log` calls as W&B's client does: calls gather in
 * one row until one commits it or the step grows; a call without a step
 * commits unless told otherwise, one with a step doesn't.
 */
export class HistoryRows {
  private step = 0;
  private gathered = new Map<string, JsonText>();
  private droppedCalls = 0;

  /** Calls left out since their step was below the current one. */
  get dropped(): number {
    return this.droppedCalls;
  }

  /** The step of the next row. */
  get nextStep(): number {
    return this.step;
  }

  /** Takes in one call; returns the rows that it completes. */
  add(call: HistoryCall): HistoryRow[] {
    if (call.step !== null && call.step < this.step) {
      this.droppedCalls += 1;
      return [];
    }
    const rows = call.step !== null && call.step > this.step ? this.complete() : [];
    this.step = call.step ?? this.step;
    this.gathered.set('_timestamp', String(call.atUs / 1e6));
    for (const [key, value] of call.items) {
      if (key !== '_step') this.gathered.set(key, mergeJson(this.gathered.get(key), value));
    }
    return (call.commit ?? call.step === null) ? [...rows, ...this.complete()] : rows;
  }

  /** The step has ended: the row that is still gathering is complete. */
  finish(): HistoryRow[] {
    return this.complete();
  }

  private complete(): HistoryRow[] {
    if (this.gathered.size === 0) return [];
    const row = { step: this.step, items: this.gathered };
    this.gathered = new Map();
    this.step += 1;
    return [row];
  }
}
