import { asObject, type Json, type JsonObject, parseLooseJson, readPath } from '../json.js';
import { maxPageSize } from '../limits.js';
import type { LineStore, LineStream } from './line-store.js';

/** What a client asks of sampled history: rows that hold all keys, `maxStep` inclusive. */
export interface HistorySpec {
  keys: string[];
  samples: number;
  minStep: number;
  maxStep: number;
}

/** Reads the JSON spec of `sampledHistory`. */
export function parseHistorySpec(text: string): HistorySpec {
  const spec = asObject(parseLooseJson(text)) ?? {};
  const number = (value: Json | undefined, fallback: number) =>
    typeof value === 'number' ? value : fallback;
  return {
    keys: Array.isArray(spec.keys) ? spec.keys.filter((key) => typeof key === 'string') : [],
    samples: number(spec.samples, 500),
    minStep: number(spec.minStep, 0),
    maxStep: number(spec.maxStep, Number.MAX_SAFE_INTEGER - 1),
  };
}

/** Rows that hold every key of the spec, reduced to those keys and evenly thinned to `samples`. */
export function sampleHistory(lines: LineStore, runId: number, spec: HistorySpec): JsonObject[] {
  const rows: JsonObject[] = [];
  for (const { content } of lines.steps(runId, spec.minStep, spec.maxStep + 1)) {
    const picked = pick(asObject(parseLooseJson(content)) ?? {}, spec.keys);
    if (picked) rows.push(picked);
  }
  // A client that asks for as many samples as there are steps wants all rows, also two of one step.
  return spec.samples > spec.maxStep - spec.minStep ? rows : thin(rows, spec.samples);
}

/** The stored rows of a range of steps (`maxStep` exclusive), as text. */
export function historyRange(lines: LineStore, runId: number, minStep: number, maxStep: number): string[] {
  const rows: string[] = [];
  for (const row of lines.steps(runId, minStep, maxStep)) rows.push(row.content);
  return rows;
}

/** Evenly chosen lines of a stream, always with the first and the last; only these are held in memory. */
export function sampleLines(lines: LineStore, runId: number, stream: LineStream, samples: number): string[] {
  const chosen = new Set(evenly(lines.rowCount(runId, stream), samples));
  const rows: string[] = [];
  let index = 0;
  for (const row of lines.all(runId, stream)) {
    if (chosen.has(index)) rows.push(row.content);
    index += 1;
  }
  return rows;
}

function thin<Item>(items: readonly Item[], count: number): Item[] {
  return evenly(items.length, count).map((index) => items[index] as Item);
}

/** Up to `count` evenly spaced indexes below `length`. */
function evenly(length: number, count: number): number[] {
  const wanted = Math.max(1, Math.min(count, length, maxPageSize));
  const stride = (length - 1) / Math.max(1, wanted - 1);
  return Array.from({ length: Math.min(wanted, length) }, (_, index) => Math.round(index * stride));
}

function pick(row: JsonObject, keys: readonly string[]): JsonObject | undefined {
  const picked: JsonObject = {};
  for (const key of keys) {
    const value = readPath(row, key);
    if (value === undefined || value === null) return undefined;
    picked[key] = value;
  }
  return picked;
}
