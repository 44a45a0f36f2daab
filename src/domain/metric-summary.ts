import type { HistoryRow } from './history-rows.js';
import { mergeJson, withoutNulls } from './json-merge.js';
import type { JsonText, MetricDefinition } from './step-log.js';

/** Aggregates of one key's numbers, and its last value. */
interface Aggregate {
  count: number;
  sum: number;
  min: number;
  max: number;
  first: JsonText;
  last: JsonText;
}

/** Computes what W&B's summary holds of a history: the last value of each key, or what `define_metric` asked for. */
export class MetricSummary {
  private readonly definitions = new Map<string, MetricDefinition>();
  private readonly known = new Map<string, MetricDefinition | undefined>();
  private readonly aggregates = new Map<string, Aggregate>();
  /** Set by hand since the last row with the key. */
  private readonly byHand = new Set<string>();

  /** Takes in a definition; it holds for the rows before it, too. */
  define(metric: MetricDefinition): void {
    const before = this.definitions.get(metric.name);
    const merged = before && !metric.overwrite ? merge(before, metric) : metric;
    this.definitions.set(metric.name, merged);
    this.known.clear();
  }

  /** The definition that covers a key: its own, else the first pattern that fits. */
  definitionOf(key: string): MetricDefinition | undefined {
    // What W&B's client adds itself is not for patterns.
    if (key.startsWith('_')) return undefined;
    if (this.known.has(key)) return this.known.get(key);
    const found =
      this.definitions.get(key) ??
      [...this.definitions.values()].find(
        ({ name }) => name.endsWith('*') && key.startsWith(name.slice(0, -1)),
      );
    this.known.set(key, found);
    return found;
  }

  /** The row with the last value of each step metric that its keys ask for and that it lacks. */
  withStepMetrics(row: HistoryRow): HistoryRow {
    if (this.definitions.size === 0) return row;
    const items = new Map(row.items);
    for (const key of row.items.keys()) {
      const stepMetric = this.definitionOf(key)?.stepMetric;
      const last = stepMetric && !items.has(stepMetric) ? this.aggregates.get(stepMetric)?.last : undefined;
      if (stepMetric && last !== undefined) items.set(stepMetric, last);
    }
    return { ...row, items };
  }

  /** The step set or removed a value of its summary: the next row's takes its place whole. */
  replace(key: string): void {
    this.byHand.add(key);
  }

  /** Takes in the next row. */
  add(row: HistoryRow): void {
    // W&B keeps null out of the summary: it leaves there what was before.
    for (const [key, value] of row.items) {
      const kept = withoutNulls(value);
      if (kept !== null) this.addValue(key, kept);
    }
  }

  /** Summary values by key, as JSON. */
  values(): Map<string, JsonText> {
    const values = new Map<string, JsonText>();
    for (const [key, aggregate] of this.aggregates) {
      const value = summaryValue(aggregate, this.definitionOf(key));
      if (value !== null) values.set(key, value);
    }
    return values;
  }

  private addValue(key: string, value: JsonText): void {
    const aggregate = this.aggregates.get(key) ?? {
      ...{ count: 0, sum: 0, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY },
      ...{ first: value, last: 'null' },
    };
    this.aggregates.set(key, aggregate);
    aggregate.last = this.byHand.has(key) ? value : mergeJson(aggregate.last, value);
    this.byHand.delete(key);
    const number = /^-?\d/.test(value) ? Number(value) : Number.NaN;
    if (Number.isNaN(number)) return;
    aggregate.count += 1;
    aggregate.sum += number;
    aggregate.min = Math.min(aggregate.min, number);
    aggregate.max = Math.max(aggregate.max, number);
  }
}

function merge(before: MetricDefinition, after: MetricDefinition): MetricDefinition {
  return {
    ...after,
    stepMetric: after.stepMetric || before.stepMetric,
    stepSync: after.stepSync ?? before.stepSync,
    hidden: after.hidden ?? before.hidden,
    summary: mergeAggregates(before.summary, after.summary),
    goal: after.goal || before.goal,
  };
}

function mergeAggregates(before: readonly string[], after: readonly string[]): readonly string[] {
  if (after.length === 0 || after.includes('none')) return after.length === 0 ? before : after;
  return [...new Set([...before.filter((word) => word !== 'none'), ...after])];
}

function summaryValue(aggregate: Aggregate, definition: MetricDefinition | undefined): JsonText | null {
  const wanted = definition?.summary.filter((word) => word !== 'copy') ?? [];
  if (wanted.includes('none')) return null;
  if (wanted.length === 0) return aggregate.last;
  const parts = wanted.flatMap((word) => {
    const value = aggregateValue(aggregate, word, definition?.goal === 'maximize');
    return value === null ? [] : [`${JSON.stringify(word)}:${value}`];
  });
  return parts.length === 0 ? null : `{${parts.join(',')}}`;
}

function aggregateValue(aggregate: Aggregate, word: string, maximize: boolean): JsonText | null {
  if (word === 'last') return aggregate.last;
  if (word === 'first') return aggregate.first;
  if (aggregate.count === 0) return null;
  if (word === 'mean') return String(aggregate.sum / aggregate.count);
  if (word === 'min' || (word === 'best' && !maximize)) return String(aggregate.min);
  return word === 'max' || word === 'best' ? String(aggregate.max) : null;
}
