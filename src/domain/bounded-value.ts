import type { TaggedJson } from './tagged-json.js';

/** Characters of JSON that W&B advises not to exceed for one logged value. */
export const MAX_VALUE_CHARS = 1_000_000;
/** Bars of the histogram that stands for a long list of numbers; as many as W&B's client draws for an array. */
const BINS = 32;

/** A value that W&B has room for, and what it lacks of the whole. */
export interface BoundedValue {
  readonly value: TaggedJson;
  /** One line for each place where something was left out. */
  readonly notes: readonly string[];
}

/**
 * Cuts a value down to what W&B has room for: a long list of numbers becomes a
 * histogram, as W&B's client makes of an array; of other lists, dicts and
 * texts the beginning is kept. Smaller values stay as they are.
 */
export function boundedValue(value: TaggedJson): BoundedValue {
  if (!isLong(value) || charsOf(value) <= MAX_VALUE_CHARS) return { value, notes: [] };
  const notes: string[] = [];
  return { value: shortened(value, MAX_VALUE_CHARS, '', notes), notes };
}

function isLong(value: TaggedJson): value is string | readonly TaggedJson[] | Record<string, TaggedJson> {
  return typeof value === 'string' || (typeof value === 'object' && value !== null);
}

function charsOf(value: TaggedJson): number {
  return JSON.stringify(value).length;
}

function shortened(value: TaggedJson, room: number, path: string, notes: string[]): TaggedJson {
  if (!isLong(value) || charsOf(value) <= room) return value;
  const where = path || 'the value';
  if (typeof value === 'string') {
    notes.push(`${where}: the first ${Math.floor(room / 2)} of ${value.length} characters`);
    return value.slice(0, Math.floor(room / 2));
  }
  if (isList(value)) {
    const numbers = value.filter((item) => typeof item === 'number');
    if (numbers.length === value.length) {
      notes.push(`${where}: a histogram of ${value.length} numbers`);
      return histogramOf(numbers);
    }
    const kept = fitting(value, room);
    notes.push(`${where}: the first ${kept.length} of ${value.length} items`);
    return kept;
  }
  return shortenedDict(value, room, path, notes);
}

/** `Array.isArray` does not narrow readonly arrays. */
function isList(value: TaggedJson): value is readonly TaggedJson[] {
  return Array.isArray(value);
}

/** The first items, as many as there is room for. */
function fitting(items: readonly TaggedJson[], room: number): TaggedJson[] {
  let left = room - 2;
  const end = items.findIndex((item) => {
    left -= charsOf(item) + 1;
    return left < 0;
  });
  return items.slice(0, end === -1 ? items.length : end);
}

/** Entries in order; one that is large itself is cut down to half of what room there is. */
function shortenedDict(
  dict: Readonly<Record<string, TaggedJson>>,
  room: number,
  path: string,
  notes: string[],
): TaggedJson {
  const kept: [string, TaggedJson][] = [];
  let left = room - 2;
  const entries = Object.entries(dict);
  for (const [key, value] of entries) {
    const label = charsOf(key) + 2;
    const fits = label + charsOf(value) <= left / 2;
    const item = fits ? value : shortened(value, left / 2 - label, `${path}.${key}`, notes);
    if (label + charsOf(item) > left) continue;
    left -= label + charsOf(item);
    kept.push([key, item]);
  }
  if (kept.length < entries.length) {
    notes.push(`${path || 'the value'}: ${kept.length} of ${entries.length} entries`);
  }
  return Object.fromEntries(kept);
}

function histogramOf(numbers: readonly number[]): TaggedJson {
  let [least, greatest] = [numbers[0] ?? 0, numbers[0] ?? 0];
  for (const number of numbers) {
    least = Math.min(least, number);
    greatest = Math.max(greatest, number);
  }
  const [from, to] = least === greatest ? [least - 0.5, greatest + 0.5] : [least, greatest];
  const width = (to - from) / BINS;
  const counts = new Array<number>(BINS).fill(0);
  for (const number of numbers) {
    const bin = Math.min(BINS - 1, Math.floor((number - from) / width));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  const bins = Array.from({ length: BINS + 1 }, (_, at) => from + at * width);
  return { $histogram: { dtype: 'float64', shape: [numbers.length], counts, bins } };
}
