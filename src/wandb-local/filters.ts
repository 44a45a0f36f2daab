import { Refusal } from './errors.js';
import { asObject, type Json, type JsonObject, parseLooseJson } from './json.js';

/** Reads a field of the thing that is filtered. */
export type FieldReader = (field: string) => Json | undefined;

/** A compiled filter. */
export type Predicate = (read: FieldReader) => boolean;

/**
 * Compiles a Mongo-style filter as the W&B client sends it.
 * @throws Refusal INVALID_ARGUMENT for an operator this server doesn't know
 */
export function compileFilter(text: string | null | undefined): Predicate | undefined {
  if (!text) return undefined;
  const filter = asObject(parseLooseJson(text));
  if (!filter || Object.keys(filter).length === 0) return undefined;
  return compileObject(filter);
}

function compileObject(filter: JsonObject): Predicate {
  const parts = Object.entries(filter).map(([key, value]) => compileClause(key, value));
  return (read) => parts.every((part) => part(read));
}

function compileClause(key: string, value: Json): Predicate {
  if (key === '$and' || key === '$or' || key === '$nor') return compileLogical(key, value);
  if (key === '$not') {
    const inner = compileObject(asObject(value) ?? {});
    return (read) => !inner(read);
  }
  if (key.startsWith('$')) throw unknownOperator(key);
  const tests = compileTests(value);
  return (read) => tests.every((test) => test(read(key)));
}

function compileLogical(key: string, value: Json): Predicate {
  const parts = (Array.isArray(value) ? value : []).map((part) => compileObject(asObject(part) ?? {}));
  if (key === '$and') return (read) => parts.every((part) => part(read));
  if (key === '$or') return (read) => parts.some((part) => part(read));
  return (read) => !parts.some((part) => part(read));
}

type Test = (actual: Json | undefined) => boolean;

function compileTests(value: Json): Test[] {
  const operators = asObject(value);
  if (!operators || !Object.keys(operators).some((key) => key.startsWith('$'))) {
    return [(actual) => matches(actual, value)];
  }
  return Object.entries(operators).map(([operator, operand]) => compileOperator(operator, operand));
}

function compileOperator(operator: string, operand: Json): Test {
  const list = Array.isArray(operand) ? operand : [operand];
  switch (operator) {
    case '$eq':
      return (actual) => matches(actual, operand);
    case '$ne':
      return (actual) => !matches(actual, operand);
    case '$in':
      return (actual) => list.some((one) => matches(actual, one));
    case '$nin':
      return (actual) => !list.some((one) => matches(actual, one));
    case '$gt':
      return (actual) => order(actual, operand, (sign) => sign > 0);
    case '$gte':
      return (actual) => order(actual, operand, (sign) => sign >= 0);
    case '$lt':
      return (actual) => order(actual, operand, (sign) => sign < 0);
    case '$lte':
      return (actual) => order(actual, operand, (sign) => sign <= 0);
    case '$exists':
      return (actual) => (actual !== undefined && actual !== null) === Boolean(operand);
    case '$regex':
      return regexTest(String(operand));
    case '$contains':
      return (actual) => typeof actual === 'string' && actual.includes(String(operand));
    case '$not': {
      const inner = compileTests(operand);
      return (actual) => !inner.every((test) => test(actual));
    }
    default:
      throw unknownOperator(operator);
  }
}

const maxRegexLength = 1000;

function regexTest(pattern: string): Test {
  if (pattern.length > maxRegexLength)
    throw new Refusal('INVALID_ARGUMENT', 'The regular expression is too long.');
  let regex: RegExp;
  try {
    regex = new RegExp(pattern);
  } catch {
    throw new Refusal('INVALID_ARGUMENT', `"${pattern}" is not a regular expression`);
  }
  const one = (value: Json | undefined) => typeof value === 'string' && regex.test(value);
  return (actual) => (Array.isArray(actual) ? actual.some(one) : one(actual));
}

/** Equality; a list also matches each of its elements, and nothing matches null. */
function matches(actual: Json | undefined, expected: Json): boolean {
  if (Array.isArray(actual) && !Array.isArray(expected)) return actual.some((one) => matches(one, expected));
  if (actual === undefined || actual === null) return expected === null;
  if (typeof actual === 'object' || typeof expected === 'object')
    return JSON.stringify(actual) === JSON.stringify(expected);
  return actual === expected;
}

function order(actual: Json | undefined, operand: Json, accept: (sign: number) => boolean): boolean {
  if (actual === undefined || actual === null || typeof actual !== typeof operand) return false;
  return accept(compareJson(actual, operand));
}

/** Orders scalars of one kind; null and absent values come last. */
function compareJson(a: Json | undefined, b: Json | undefined): number {
  if (a === undefined || a === null) return b === undefined || b === null ? 0 : 1;
  if (b === undefined || b === null) return -1;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [left, right] = [String(a), String(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** A comparison over a client's `order`, such as `-summary_metrics.loss,+created_at`. */
export function compileOrder(text: string): (a: FieldReader, b: FieldReader) => number {
  const keys = text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
  const parsed = keys.map((key) => ({ descending: key.startsWith('-'), field: key.replace(/^[+-]/, '') }));
  return (a, b) => {
    for (const { descending, field } of parsed) {
      const [left, right] = [a(field), b(field)];
      const sign = compareJson(left, right);
      if (sign === 0) continue;
      const absent = left === undefined || left === null || right === undefined || right === null;
      return descending && !absent ? -sign : sign;
    }
    return 0;
  };
}

function unknownOperator(operator: string): Refusal {
  return new Refusal('INVALID_ARGUMENT', `wandb-local does not know the filter operator ${operator}`);
}
