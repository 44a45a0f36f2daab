import { type IngestLimits, setWith } from '../app/limits.js';
import { SidecarError } from '../domain/errors.js';
import type { TaggedJson } from '../domain/tagged-json.js';

/** Deepest nesting of inline JSON; the shim stops at 64. */
const MAX_JSON_DEPTH = 200;

/** Makes the error for a field that holds what it can't hold. */
export function malformed(field: string, detail: string): SidecarError {
  return new SidecarError('malformed', `${field}: ${detail}`);
}

/** A submessage that must be there. */
export function messageField<T>(value: T | undefined, field: string): T {
  if (value === undefined) throw malformed(field, 'missing');
  return value;
}

/** A name: not empty, not longer than the bound, and all of it text to a database. */
export function name(value: string, limits: IngestLimits, field: string): string {
  if (value === '') throw malformed(field, 'empty');
  if (value.includes('\0')) throw malformed(field, 'a NUL character in it');
  if (value.length > limits.maxNameLength) {
    throw new SidecarError('too-large', `${field}: longer than ${limits.maxNameLength} characters`);
  }
  return value;
}

/** A name that stands between the slashes of a pathspec. */
export function pathspecPart(value: string, limits: IngestLimits, field: string): string {
  if (!value.includes('/')) return name(value, limits, field);
  throw malformed(field, 'a slash in it');
}

/** A list with a bounded number of items. */
export function array<T>(items: T[], maxLength: number, field: string, flag = 'max-variables'): T[] {
  if (items.length <= maxLength) return items;
  const detail = `${field}: ${items.length} items, at most ${maxLength} are taken`;
  throw new SidecarError('too-large', detail, setWith(flag));
}

/** An int64 that is not negative and exact as a number. */
export function number(value: bigint, field: string): number {
  if (value >= 0n && value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  throw malformed(field, `${value} is out of range`);
}

/** Inline JSON; undefined where the field is empty. */
export function optionalJson(text: string, maxBytes: number, field: string): TaggedJson | undefined {
  if (text === '') return undefined;
  if (Buffer.byteLength(text) > maxBytes) {
    throw new SidecarError('too-large', `${field}: more than ${maxBytes} bytes`, setWith('max-value'));
  }
  const value = parse(text, field);
  requireDepth(value, field);
  return value;
}

/** A JSON object; empty where the field is. */
export function jsonObject(text: string, maxBytes: number, field: string): Readonly<Record<string, unknown>> {
  const value = optionalJson(text, maxBytes, field);
  if (value === undefined) return {};
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw malformed(field, 'not a JSON object');
  }
  return value as Readonly<Record<string, unknown>>;
}

function parse(text: string, field: string): TaggedJson {
  try {
    return JSON.parse(text) as TaggedJson;
  } catch {
    throw malformed(field, 'not JSON');
  }
}

/** Walks level by level, so that hostile nesting meets the bound and not the stack's end. */
function requireDepth(value: TaggedJson, field: string): void {
  let level: readonly TaggedJson[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_JSON_DEPTH) {
      throw new SidecarError('too-large', `${field}: nested deeper than ${MAX_JSON_DEPTH}`);
    }
    level = level.flatMap((item) => (item !== null && typeof item === 'object' ? Object.values(item) : []));
  }
}
