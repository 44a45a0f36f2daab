import { describe, expect, it } from 'vitest';
import { Backoff } from '../../../src/wandb/backoff.js';

describe('a backoff', () => {
  it('doubles its pause with each failure, up to a minute', () => {
    const backoff = new Backoff(() => 0);
    const pauses = Array.from({ length: 12 }, () => {
      backoff.failed();
      return backoff.pauseMs();
    });
    expect(pauses.slice(0, 4)).toEqual([500, 1000, 2000, 4000]);
    expect(pauses.at(-1)).toBe(60_000);
  });

  it('passes with time', () => {
    let nowMs = 1000;
    const backoff = new Backoff(() => nowMs);
    expect(backoff.pauseMs()).toBe(0);
    backoff.failed();
    nowMs += 400;
    expect(backoff.pauseMs()).toBe(100);
    nowMs += 400;
    expect(backoff.pauseMs()).toBe(0);
  });
});
