import { type HistoryRow, HistoryRows } from './history-rows.js';
import { withoutNulls } from './json-merge.js';
import { MetricSummary } from './metric-summary.js';
import { type PathChange, PathChanges } from './path-changes.js';
import type {
  JsonText,
  LoggedFile,
  MetricDefinition,
  RunFieldChanges,
  StepArtifact,
  StepLogEntry,
  ValuesChange,
} from './step-log.js';

/** Something with the number of the entry that brought it, so that what was sent once need not be sent again. */
export type Numbered<T> = T & { readonly seq: number };

/** What a step's log comes to, beside its rows. */
export interface StepLogView {
  readonly metrics: readonly Numbered<MetricDefinition>[];
  readonly config: readonly PathChange[];
  /** Changes that no later row has overwritten. */
  readonly summary: readonly PathChange[];
  readonly files: readonly Numbered<LoggedFile>[];
  readonly artifacts: readonly Numbered<StepArtifact>[];
  readonly runFields: RunFieldChanges;
  /** Artifact versions that the step asked for. */
  readonly uses: readonly string[];
  /** Summary as the rows alone make it, for when W&B's client has not seen them all. */
  readonly rowSummary: ReadonlyMap<string, JsonText>;
  /** Calls of `run.log` left out since their step was below the current one. */
  readonly droppedCalls: number;
  /** Calls left out since a file that they name did not come, such as `file a.txt`; the first ones. */
  readonly lostCalls: readonly string[];
  readonly nextStep: number;
}

/** Lost calls that are told of. */
const MAX_LOST = 20;

/** Gathers a step's log, entry by entry; rows come out as they become complete. */
export class StepLogState {
  private readonly history = new HistoryRows();
  private readonly metricSummary = new MetricSummary();
  private readonly metrics = new Map<string, Numbered<MetricDefinition>>();
  private readonly config = new PathChanges();
  private readonly summary = new PathChanges();
  private readonly files = new Map<string, Numbered<LoggedFile>>();
  private readonly artifacts: Numbered<StepArtifact>[] = [];
  private readonly uses = new Set<string>();
  private readonly lost = new Set<string>();
  private runFields: RunFieldChanges = { name: null, notes: null, tags: null };
  private seq = 0;

  /** Takes in the next entry; returns the rows that it completes. */
  add(entry: StepLogEntry): HistoryRow[] {
    this.seq += 1;
    const { seq } = this;
    switch (entry.kind) {
      case 'history':
        return this.take(this.history.add(entry));
      case 'config':
        this.change(this.config, entry);
        break;
      case 'summary':
        this.change(this.summary, entry);
        for (const path of [...entry.removed, ...entry.updated.map(([updated]) => updated)]) {
          if (path.length === 1) this.metricSummary.replace(path[0] ?? '');
        }
        break;
      case 'metric':
        this.metricSummary.define(entry.metric);
        this.metrics.set(JSON.stringify(entry.metric), { ...entry.metric, seq });
        break;
      case 'file':
        this.files.set(entry.file.path, { ...entry.file, seq });
        break;
      case 'artifact':
        this.artifacts.push({ ...entry.artifact, seq });
        break;
      case 'run':
        this.runFields = merged(this.runFields, entry.fields);
        break;
      case 'use':
        this.uses.add(entry.qualifiedName);
        break;
      case 'lost':
        if (this.lost.size < MAX_LOST) this.lost.add(`${entry.what} ${entry.name}`);
    }
    return [];
  }

  /** The step has ended; returns the row that was still gathering. */
  finish(): HistoryRow[] {
    return this.take(this.history.finish());
  }

  /** Tells whether `define_metric` has a say in the summary of a key. */
  isDefined(key: string): boolean {
    return this.metricSummary.definitionOf(key) !== undefined;
  }

  view(): StepLogView {
    return {
      metrics: [...this.metrics.values()],
      config: this.config.list(),
      summary: this.summary.list(),
      files: [...this.files.values()],
      artifacts: [...this.artifacts],
      runFields: this.runFields,
      uses: [...this.uses],
      rowSummary: this.metricSummary.values(),
      droppedCalls: this.history.dropped,
      lostCalls: [...this.lost],
      nextStep: this.history.nextStep,
    };
  }

  private take(rows: readonly HistoryRow[]): HistoryRow[] {
    return rows.map((row) => {
      const whole = this.metricSummary.withStepMetrics(row);
      this.metricSummary.add(whole);
      this.overwriteSummary(whole);
      return whole;
    });
  }

  /** A row's values take the place of those set by hand before it. */
  private overwriteSummary(row: HistoryRow): void {
    for (const [key, value] of row.items) {
      if (withoutNulls(value) === null) continue;
      const kept = this.metricSummary.definitionOf(key)?.summary.includes('none');
      if (!kept) this.summary.forget(key);
    }
  }

  private change(changes: PathChanges, { updated, removed }: ValuesChange): void {
    for (const path of removed) changes.set({ path, value: null, seq: this.seq });
    for (const [path, value] of updated) changes.set({ path, value, seq: this.seq });
  }
}

function merged(before: RunFieldChanges, after: RunFieldChanges): RunFieldChanges {
  return {
    name: after.name ?? before.name,
    notes: after.notes ?? before.notes,
    tags: after.tags ?? before.tags,
  };
}
