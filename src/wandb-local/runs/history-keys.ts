import { asObject, type Json, type JsonObject, parseLooseJson } from '../json.js';
import type { LineStore } from './line-store.js';

interface KeyStats {
  counts: Map<string, number>;
  previous: Json;
  monotonic: boolean;
}

interface ScanState {
  nextLine: number;
  keys: Map<string, KeyStats>;
}

const scanBatch = 2000;
const rememberedRuns = 64;

/** Which keys a run logged. Only lines that are new since the last question are read. */
export class HistoryKeys {
  readonly #scanned = new Map<number, ScanState>();

  constructor(private readonly lines: LineStore) {}

  /** Lines of this run were replaced: start over. */
  forget(runId: number): void {
    this.#scanned.delete(runId);
  }

  /** The document the client calls `historyKeys`. */
  describe(runId: number): JsonObject {
    const state = this.#scanned.get(runId) ?? { nextLine: 0, keys: new Map() };
    this.#scanned.delete(runId);
    this.#scanned.set(runId, state);
    if (this.#scanned.size > rememberedRuns)
      this.#scanned.delete(this.#scanned.keys().next().value as number);
    for (let rows = this.#next(runId, state); rows.length > 0; rows = this.#next(runId, state)) {
      for (const row of rows) note(state.keys, row.content);
    }
    const keys = Object.fromEntries([...state.keys].map(([key, stats]) => [key, describeKey(stats)]));
    return { sets: [], keys, lastStep: this.lines.lastStep(runId) };
  }

  #next(runId: number, state: ScanState) {
    const rows = this.lines.from(runId, 'history', state.nextLine, scanBatch);
    state.nextLine = (rows.at(-1)?.line ?? state.nextLine - 1) + 1;
    return rows;
  }
}

function note(keys: Map<string, KeyStats>, line: string): void {
  for (const [key, value] of flatten(asObject(parseLooseJson(line)) ?? {}, '')) {
    const type = typeName(value);
    const stats = keys.get(key) ?? { counts: new Map(), previous: null, monotonic: true };
    if (typeof value === 'number' && typeof stats.previous === 'number' && value < stats.previous)
      stats.monotonic = false;
    stats.counts.set(type, (stats.counts.get(type) ?? 0) + 1);
    stats.previous = typeof value === 'object' ? null : value;
    keys.set(key, stats);
  }
}

/** Nested objects count by dotted path; a media object (it has a `_type`) counts as one value. */
function* flatten(row: JsonObject, prefix: string): Generator<[string, Json]> {
  for (const [name, value] of Object.entries(row)) {
    const inner = asObject(value);
    if (inner && !('_type' in inner)) yield* flatten(inner, `${prefix}${name}.`);
    else yield [prefix + name, value];
  }
}

function typeName(value: Json): string {
  const media = asObject(value)?._type;
  if (typeof media === 'string') return media;
  if (Array.isArray(value)) return 'list';
  return value === null ? 'nil' : typeof value;
}

function describeKey(stats: KeyStats): JsonObject {
  return {
    typeCounts: [...stats.counts].map(([type, count]) => ({ type, count })),
    monotonic: stats.monotonic && stats.counts.has('number'),
    previousValue: stats.previous,
  };
}
