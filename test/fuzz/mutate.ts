import type { Seeded } from '../support/seeded.js';

/** Texts that have hurt somebody before. */
const TEXTS = [
  ...['', '.', '..', '../../etc/passwd', '/etc/passwd', 'a/../b', 'a\\b', 'C:\\x', '~', '\u0000', 'a\u0000b'],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'é',
    '\u202e',
    '😀',
    'x'.repeat(5000),
    ' ',
    '\n',
    '%2e%2e%2f',
    "' OR 1=1 --",
  ],
  ...[
    '{',
    '[1,',
    '"',
    'nul',
    '1e999',
    '-0',
    '"\\ud800"',
    '{"__proto__":{"polluted":1}}',
    '{"a":1,"a":2}',
    '[]',
    '{}',
  ],
  ...[
    '['.repeat(300) + ']'.repeat(300),
    '{"$int":"x"}',
    '{"$float":1}',
    '{"$set":5}',
    '{"$tuple":{}}',
    '{"$dict":[[1]]}',
  ],
  ...[
    '{"$array":{}}',
    '{"$histogram":{"counts":[1],"bins":[]}}',
    '{"$enum":[]}',
    '{"$omitted":null}',
    '{"$bytes":"*"}',
  ],
  ...['null', 'true', '12345678901234567890', '0.1', '"text"', '{"api_key":"x","base_url":"http://other"}'],
];
const BIGINTS = [0n, 1n, -1n, 2n ** 31n, 2n ** 53n, 2n ** 63n - 1n, -(2n ** 63n)];
const NUMBERS = [0, 1, -1, 2, 7, 99, 2 ** 31 - 1, -(2 ** 31), 2 ** 32 - 1];
const DEEPEST = 12;

/** A copy in which some of what it holds is something else of the same type. */
export function mutated<T>(value: T, random: Seeded, rate = 0.15): T {
  return change(value, random, rate, 0) as T;
}

function change(value: unknown, random: Seeded, rate: number, depth: number): unknown {
  if (depth > DEEPEST) return value;
  const hit = random.chance(rate);
  switch (typeof value) {
    case 'string':
      return hit ? random.pick(TEXTS) : value;
    case 'bigint':
      return hit ? random.pick(BIGINTS) : value;
    case 'number':
      return hit ? random.pick(NUMBERS) : value;
    case 'boolean':
      return hit ? !value : value;
    case 'object':
      return value === null ? value : changeObject(value, random, rate, depth, hit);
    default:
      return value;
  }
}

function changeObject(value: object, random: Seeded, rate: number, depth: number, hit: boolean): unknown {
  if (value instanceof Uint8Array) return hit ? random.bytes(random.between(0, 50)) : value;
  const inner = (item: unknown) => change(item, random, rate, depth + 1);
  if (Array.isArray(value)) {
    if (!hit) return value.map(inner);
    const longer = Array.from({ length: random.between(0, 30) }, () => random.pick(value)).filter(Boolean);
    return longer.map(inner);
  }
  // A oneof keeps what it says that it is.
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, key === '$case' ? item : inner(item)]),
  );
}

/** Bytes with some of them flipped, cut out, doubled or put in. */
export function mutatedBytes(bytes: Buffer, random: Seeded): Buffer {
  let result = Buffer.from(bytes);
  for (let times = random.between(1, 4); times > 0; times -= 1) {
    const at = random.between(0, Math.max(0, result.length - 1));
    const until = Math.min(result.length, at + random.between(1, 8));
    switch (random.between(0, 3)) {
      case 0:
        if (result.length > 0) result[at] = (result[at] ?? 0) ^ (1 << random.between(0, 7));
        break;
      case 1:
        result = Buffer.concat([result.subarray(0, at), result.subarray(until)]);
        break;
      case 2:
        result = Buffer.concat([result.subarray(0, until), result.subarray(at)]);
        break;
      default:
        result = Buffer.concat([
          result.subarray(0, at),
          random.bytes(random.between(1, 8)),
          result.subarray(at),
        ]);
    }
  }
  return result;
}

/** Another order, with some left out and some doubled. */
export function disordered<T>(items: readonly T[], random: Seeded): T[] {
  return Array.from({ length: random.between(1, items.length + 3) }, () => random.pick(items));
}
