import { expect, test } from 'vitest';
import { compileFilter, compileOrder } from '../../../src/wandb-local/filters.js';
import type { Json } from '../../../src/wandb-local/json.js';

const row: Record<string, Json> = { name: 'abc', loss: 0.5, tags: ['x', 'y'], notes: null, on: true };
const matches = (filter: object) => compileFilter(JSON.stringify(filter))?.((field) => row[field]);

test.each([
  [{ name: 'abc' }, true],
  [{ name: 'ab' }, false],
  [{ loss: { $gt: 0.4, $lt: 0.6 } }, true],
  [{ loss: { $gte: 0.5, $lte: 0.5 } }, true],
  [{ loss: { $gt: 'a' } }, false],
  [{ tags: 'x' }, true],
  [{ tags: { $in: ['z', 'y'] } }, true],
  [{ tags: { $nin: ['x'] } }, false],
  [{ name: { $ne: 'abc' } }, false],
  [{ name: { $regex: 'b' } }, true],
  [{ name: { $regex: '^b' } }, false],
  [{ name: { $not: { $regex: '^b' } } }, true],
  [{ notes: null }, true],
  [{ missing: { $exists: false } }, true],
  [{ notes: { $exists: true } }, false],
  [{ on: true }, true],
  [{ $and: [{ name: 'abc' }, { loss: 1 }] }, false],
  [{ $or: [{ name: 'abc' }, { loss: 1 }] }, true],
  [{ $nor: [{ name: 'x' }, { loss: 1 }] }, true],
  [{ $not: { name: 'abc' } }, false],
])('the filter %j gives %s', (filter, expected) => {
  expect(matches(filter)).toBe(expected);
});

test('an operator that is not known is refused by name, wherever it stands', () => {
  for (const filter of [{ a: { $near: 1 } }, { $where: 'x' }, { $or: [{ a: { $near: 1 } }] }]) {
    expect(() => compileFilter(JSON.stringify(filter))).toThrow(/\$near|\$where/);
  }
  expect(() => compileFilter('{"a":{"$regex":"("}}')).toThrow(/not a regular expression/);
});

test('an order has several keys, ascending or descending, and puts what is absent last either way', () => {
  const rows: Record<string, Json>[] = [{ a: 1, b: 2 }, { b: 9 }, { a: 1, b: 3 }, { a: 0, b: 0 }];
  const sorted = (order: string) => {
    const compare = compileOrder(order);
    return rows
      .toSorted((x, y) =>
        compare(
          (field) => x[field],
          (field) => y[field],
        ),
      )
      .map(({ b }) => b);
  };
  expect(sorted('-a,+b')).toEqual([2, 3, 0, 9]);
  expect(sorted('a,-b')).toEqual([0, 3, 2, 9]);
});
