import { boundedValue } from './bounded-value.js';
import type { TaggedJson } from './tagged-json.js';

/** Largest magnitude that W&B's backend keeps exact for an integer. */
const INT64_MAX = 2n ** 63n - 1n;
const INT64_MAX_DIGITS = 20;
const INT64_MIN = -(2n ** 63n);

/** A value as W&B is to show it, and what could not come along. */
export interface WandbValue {
  /**
   * JSON with those tags left that W&B's client itself writes down, such as
   * `$float`, `$datetime` or `$histogram`, and `$dict` for keys that aren't
   * texts, so that they look as if the step had logged them.
   */
  readonly value: TaggedJson;
  /** One line for each element left out, or cut down: where it was and why. */
  readonly omitted: readonly string[];
}

/**
 * Turns a value as the step described it into the one that W&B is to show:
 * sets and tuples become lists, enum members their values, integers beyond
 * int64 exact texts; elements that can't be shown are left out and named, and
 * what is larger than W&B has room for is cut down.
 */
export function toWandbValue(value: TaggedJson): WandbValue {
  const omitted: string[] = [];
  const converted = convert(value, '', omitted);
  const bounded = boundedValue(converted === OMIT ? null : converted);
  return { value: bounded.value, omitted: [...omitted, ...bounded.notes] };
}

const OMIT = Symbol('omit');
type Converted = TaggedJson | typeof OMIT;

function convert(value: TaggedJson, path: string, omitted: string[]): Converted {
  if (value === null || typeof value !== 'object') return value;
  if (isArray(value)) return convertItems(value, path, omitted);
  const [key, ...others] = Object.keys(value);
  if (key?.startsWith('$') && others.length === 0) {
    return convertTag(key, value[key] as TaggedJson, path, omitted);
  }
  return convertEntries(Object.entries(value), path, omitted);
}

/** `Array.isArray` does not narrow readonly arrays. */
function isArray(value: TaggedJson): value is readonly TaggedJson[] {
  return Array.isArray(value);
}

function convertItems(items: readonly TaggedJson[], path: string, omitted: string[]): TaggedJson {
  return items
    .map((item, index) => convert(item, `${path}[${index}]`, omitted))
    .filter((item): item is TaggedJson => item !== OMIT);
}

function convertEntries(
  entries: readonly (readonly [string, TaggedJson])[],
  path: string,
  omitted: string[],
): TaggedJson {
  const converted = entries.map(([key, item]) => [key, convert(item, `${path}.${key}`, omitted)] as const);
  const kept = converted.filter((entry): entry is readonly [string, TaggedJson] => entry[1] !== OMIT);
  const [first, ...others] = kept;
  // What is left of a user's dict may look like a tag; inside $dict it is none.
  if (first?.[0].startsWith('$') && others.length === 0) return { $dict: kept };
  // fromEntries defines keys, so that one named __proto__ is data like any other.
  return Object.fromEntries(kept);
}

function convertTag(tag: string, payload: TaggedJson, path: string, omitted: string[]): Converted {
  switch (tag) {
    case '$int':
      return convertInteger(payload);
    case '$set':
    case '$tuple':
      return convert(payload, path, omitted);
    case '$dict':
      return convertPairs(payload, path, omitted);
    case '$enum':
      return convert(member(payload, 'value'), path, omitted);
    case '$omitted': {
      omitted.push(`${path || 'the value'}: ${String(member(payload, 'reason'))}`);
      return OMIT;
    }
    default:
      // Left to W&B's client, tags of newer shims included.
      return { [tag]: payload };
  }
}

function convertInteger(payload: TaggedJson): TaggedJson {
  const digits = String(payload);
  if (!/^-?\d+$/.test(digits)) return digits;
  // Turning a very long text into a number takes long, and it is beyond int64 anyway.
  if (digits.length > INT64_MAX_DIGITS) return digits;
  const integer = BigInt(digits);
  return integer > INT64_MAX || integer < INT64_MIN ? digits : { $int: digits };
}

/** Keys stay as they are: W&B's client has rules of its own for those that aren't texts. */
function convertPairs(pairs: TaggedJson, path: string, omitted: string[]): TaggedJson {
  if (pairs === null || typeof pairs !== 'object' || !isArray(pairs)) return {};
  const entries = (pairs as readonly (readonly TaggedJson[])[]).map(([key = null, item = null]) => {
    return [key, convert(item, `${path}.${keyText(key)}`, omitted)] as const;
  });
  return { $dict: entries.filter((entry): entry is readonly [TaggedJson, TaggedJson] => entry[1] !== OMIT) };
}

/** A dict's key as people read it. */
function keyText(key: TaggedJson): string {
  return typeof key === 'string' ? key : JSON.stringify(key);
}

function member(value: TaggedJson, key: string): TaggedJson {
  if (value === null || typeof value !== 'object' || isArray(value)) return null;
  return (value as Readonly<Record<string, TaggedJson>>)[key] ?? null;
}
