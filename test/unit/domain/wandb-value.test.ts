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

  it('shows enum members by their values', () => {
    expect(shown([{ $enum: { name: 'RED', value: { $tuple: [1] } } }])).toEqual([[1]]);
  });

  it.each([
    { $float: 'nan' },
    { $array: { dtype: 'int64', shape: [1], values: [1] } },
    { $datetime: '2026-11-23T10:00:00+00:00' },
    { $decimal: '0.10' },
  ])("leaves to W&B's client what it writes itself: %o", (value) => {
    expect(shown({ inside: value })).toEqual({ inside: value });
  });

  it('converts the values of a dict whose keys are not texts, and leaves its keys', () => {
    const dict = {
      $dict: [
        [1, { $set: [1] }],
        [{ $tuple: [1, 2] }, { $omitted: { type: 'F', reason: 'a frame' } }],
      ],
    };
    expect(toWandbValue({ d: dict })).toEqual({
      value: { d: { $dict: [[1, [1]]] } },
      omitted: ['.d.{"$tuple":[1,2]}: a frame'],
    });
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

  it("never takes what is left of a user's dict for a tag", () => {
    const dict = { $int: 'mine', o: { $omitted: { type: 'Obj', reason: 'an object' } } };
    expect(shown(dict)).toEqual({ $dict: [['$int', 'mine']] });
  });

  it('shows the text of an integer that is none', () => {
    expect(shown({ $int: 'abc' })).toBe('abc');
    expect(shown({ $int: '9'.repeat(100_000) })).toBe('9'.repeat(100_000));
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
