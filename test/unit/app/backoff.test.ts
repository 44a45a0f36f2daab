import fc from 'fast-check';
import { expect, it } from 'vitest';
import { backoffMs } from '../../../src/app/backoff.js';

it('waits a second at first, doubles, and never waits longer than ten minutes', () => {
  expect(backoffMs(1, 1)).toBe(1000);
  expect(backoffMs(3, 1)).toBe(4000);
  expect(backoffMs(1000, 1)).toBe(600_000);
});

it('spreads tries over the upper half of the delay', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (tries, random) => {
        const delay = backoffMs(tries, random);
        expect(delay).toBeGreaterThanOrEqual(backoffMs(tries, 0));
        expect(delay).toBeLessThanOrEqual(backoffMs(tries, 0) * 2);
      },
    ),
  );
});
