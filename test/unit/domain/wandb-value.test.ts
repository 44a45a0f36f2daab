import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TaggedJson } from '../../../src/domain/tagged-json.js';
import { toWandbValue } from '../../../src/domain/wandb-value.js';

const shown = (value: TaggedJson) => toWandbValue(value).value;

describe('toWandbValue', () => {
  it('shows sets and tuples as lists', () => {
    expect(shown({ a: { $set: [1, 2] }, b: { $tuple: [3, { $set: [4] }] } })).toEqual({
      a: [1, 2],
      b: [3, [4]],
    });
  });

  it('keeps integers within int64 and makes larger ones exact texts', () => {
    const max = (2n ** 63n - 1n).toString();
    expect(shown({ $int: max })).toEqual({ $int: max });
    expect(shown({ $int: (2n ** 63n).toString() })).toBe('9223372036854775808');
    expect(shown({ $int: (-(2n ** 63n) - 1n).toString() })).toBe('-9223372036854775809');
  });

  it('shows dates, decimals, UUIDs and enums by their text or value', () => {
    expect(shown({ $datetime: '2026-11-23T10:00:00+00:00' })).toBe('2026-11-23T10:00:00+00:00');
    expect(shown({ $decimal: '0.10' })).toBe('0.10');
    expect(shown({ $enum: { name: 'RED', value: 1 } })).toBe(1);
  });

  it("leaves to W&B's client what only it can write", () => {
    for (const value of [{ $float: 'nan' }, { $array: { dtype: 'int64', shape: [1], values: [1] } }]) {
      expect(shown(value)).toEqual(value);
    }
  });

  it('writes keys that are not texts as JSON does and names those it has to leave out', () => {
    const dict = {
      $dict: [
        [1, 'int'],
        [true, 'bool'],
        [null, 'none'],
        [{ $int: '9007199254740993' }, 'big'],
        [{ $tuple: [1, 2] }, 'lost'],
      ],
    };
    const { value, omitted } = toWandbValue({ d: dict });
    expect(value).toEqual({ d: { 1: 'int', true: 'bool', null: 'none', '9007199254740993': 'big' } });
    expect(omitted).toHaveLength(1);
    expect(omitted[0]).toContain('.d');
  });

  it('names what was left out by its place', () => {
    const { value, omitted } = toWandbValue({
      a: [1, { $omitted: { type: 'Frame', reason: 'a frame' } }],
      b: 2,
    });
    expect(value).toEqual({ a: [1], b: 2 });
    expect(omitted).toEqual(['.a[1]: a frame']);
  });

  it("never takes a user's own key for a tag", () => {
    const value = shown({ $dict: [['$int', 'mine']] });
    expect(value).toEqual({ $dict: [['$int', 'mine']] });
  });

  it('leaves plain JSON as it is', () => {
    const plain = fc.jsonValue().filter((value) => !JSON.stringify(value).includes('"$'));
    fc.assert(
      fc.property(plain, (value) => {
        expect(toWandbValue(value as TaggedJson)).toEqual({ value, omitted: [] });
      }),
    );
  });
});
