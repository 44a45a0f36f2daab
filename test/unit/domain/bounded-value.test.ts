import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundedValue, MAX_VALUE_CHARS } from '../../../src/domain/bounded-value.js';
import type { TaggedJson } from '../../../src/domain/tagged-json.js';

const LONG = 'x'.repeat(400_000);

describe('boundedValue', () => {
  it('leaves alone what W&B has room for', () => {
    const value = { a: [1, 2], b: LONG };
    expect(boundedValue(value)).toEqual({ value, notes: [] });
  });

  it('makes a long list of numbers a histogram that counts each of them', () => {
    const numbers = Array.from({ length: 200_000 }, (_, at) => at / 7);
    const { value, notes } = boundedValue(numbers);
    const { counts, bins } = (value as { $histogram: { counts: number[]; bins: number[] } }).$histogram;
    expect(counts.reduce((sum, count) => sum + count)).toBe(200_000);
    expect([bins[0], bins.at(-1)]).toEqual([0, 199_999 / 7]);
    expect(notes).toEqual(['the value: a histogram of 200000 numbers']);
  });

  it('keeps the beginning of other long lists and of texts, and says of how much', () => {
    const list = boundedValue(Array.from({ length: 10 }, () => LONG));
    expect(list.value).toEqual([LONG, LONG]);
    expect(list.notes).toEqual(['the value: the first 2 of 10 items']);
    const text = boundedValue('y'.repeat(2_000_000));
    expect(text.notes).toEqual(['the value: the first 500000 of 2000000 characters']);
  });

  it('keeps small entries of a dict beside a large one', () => {
    const { value, notes } = boundedValue({ wide: Array.from({ length: 300_000 }, Math.random), small: 1 });
    expect(value).toMatchObject({ small: 1, wide: { $histogram: { shape: [300_000] } } });
    expect(notes).toEqual(['.wide: a histogram of 300000 numbers']);
  });

  it('never gives more than W&B has room for, nor less without a word', () => {
    const large = fc.constantFrom<TaggedJson>(LONG, [LONG, 1], { k: LONG });
    const leaf = fc.oneof(large, fc.double({ noNaN: true, noDefaultInfinity: true }), fc.string());
    const values = fc.oneof(fc.array(leaf), fc.dictionary(fc.string(), leaf), fc.array(fc.array(leaf)));
    fc.assert(
      fc.property(values, (value) => {
        const bounded = boundedValue(value);
        expect(JSON.stringify(bounded.value).length).toBeLessThanOrEqual(MAX_VALUE_CHARS);
        if (bounded.notes.length === 0) expect(bounded.value).toBe(value);
      }),
      { numRuns: 50 },
    );
  });
});
