import type { JsonText } from './step-log.js';

type JsonObject = { [key: string]: unknown };

/** Tells whether JSON text is an object. */
export function isJsonObject(text: JsonText): boolean {
  return text.startsWith('{');
}

/**
 * Merges JSON objects key by key at every depth, as W&B does with what is
 * logged under one key more than once. Texts that aren't objects replace.
 */
export function mergeJson(before: JsonText | undefined, after: JsonText): JsonText {
  if (before === undefined || !isJsonObject(before) || !isJsonObject(after)) return after;
  const merged = JSON.parse(before) as JsonObject;
  mergeInto(merged, JSON.parse(after) as JsonObject);
  return JSON.stringify(merged);
}

/** JSON text without the keys of objects, at every depth, whose value is null or nothing else; null: nothing is left. */
export function withoutNulls(text: JsonText): JsonText | null {
  if (!isJsonObject(text)) return text === 'null' ? null : text;
  if (!text.includes('null') && !text.includes('{}')) return text;
  const kept = prune(JSON.parse(text));
  return kept === undefined ? null : JSON.stringify(kept);
}

function prune(value: unknown): unknown {
  if (value === null) return undefined;
  if (!isObject(value)) return value;
  const kept = Object.entries(value)
    .map(([key, item]) => [key, prune(item)] as const)
    .filter(([, item]) => item !== undefined);
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

function mergeInto(target: JsonObject, source: JsonObject): void {
  for (const [key, value] of Object.entries(source)) {
    const there = target[key];
    if (isObject(value) && isObject(there)) mergeInto(there, value);
    // Defined, so that a key named __proto__ is data like any other.
    else Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
