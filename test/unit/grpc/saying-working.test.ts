import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { sayingWorking } from '../../../src/grpc/saying-working.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A step that waits, and how often it was told that something moves. */
function waitingStep() {
  const call = new PassThrough({ objectMode: true, highWaterMark: 10_000 });
  return { call, told: () => call.readableLength };
}

describe('a step that waits for something long', () => {
  it('is told every two seconds that it goes on, until it has ended', async () => {
    const { call, told } = waitingStep();
    const ended = sayingWorking(call, new Promise((resolve) => setTimeout(() => resolve('done'), 7000)));
    await vi.advanceTimersByTimeAsync(6500);
    expect(told()).toBe(3);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await ended).toBe('done');
    expect(told()).toBe(3);
  });

  it('is told for ten minutes at most, so that it gives up on a disk that hangs', async () => {
    const { call, told } = waitingStep();
    void sayingWorking(call, new Promise(() => undefined));
    await vi.advanceTimersByTimeAsync(60 * 60_000);
    expect(told()).toBe(300);
  });

  it('is told nothing once it is gone, and what failed is still said', async () => {
    const { call } = waitingStep();
    call.destroy();
    const failing = new Promise((_, reject) => setTimeout(() => reject(new Error('the disk is full')), 5000));
    const ended = expect(sayingWorking(call, failing)).rejects.toThrow('the disk is full');
    await vi.advanceTimersByTimeAsync(5000);
    await ended;
  });
});
