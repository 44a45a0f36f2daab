import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { withIdleLimit } from '../../../src/grpc/idle-limit.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const IDLE_MS = 60_000;

/** Sends one message after each of the pauses; negative: never. */
async function* stepThatPauses(...pausesMs: number[]): AsyncGenerator<number> {
  for (const pauseMs of pausesMs) {
    await new Promise((resolve) => pauseMs >= 0 && setTimeout(resolve, pauseMs));
    yield pauseMs;
  }
}

/** Reads all, and is busy for so long with each message; ends with what was refused, if anything was. */
function reader(messages: AsyncIterator<number>, busyMs = 0) {
  const read: number[] = [];
  const readAll = async () => {
    for await (const message of withIdleLimit(messages, IDLE_MS)) {
      read.push(message);
      if (busyMs > 0) await new Promise((resolve) => setTimeout(resolve, busyMs));
    }
    return 'ended';
  };
  return { read, ended: readAll().catch((error: Error) => error.message) };
}

describe('a stream', () => {
  it('may pause for less than the limit as often as it likes', async () => {
    const { read, ended } = reader(stepThatPauses(29_000, 59_000, 59_000, 59_000));
    await vi.advanceTimersByTimeAsync(10 * IDLE_MS);
    expect(await ended).toBe('ended');
    expect(read).toHaveLength(4);
  });

  it('is refused once it has sent nothing for the limit, counted anew from each message', async () => {
    const { read, ended } = reader(stepThatPauses(0, 59_000, -1));
    await vi.advanceTimersByTimeAsync(59_000 + IDLE_MS - 1);
    expect(await Promise.race([ended, delay(0, 'goes on')])).toBe('goes on');
    await vi.advanceTimersByTimeAsync(1);
    expect(await ended).toContain('sent nothing for 60 s');
    expect(read).toHaveLength(2);
  });

  it('has 30 seconds for its first message', async () => {
    const { ended } = reader(stepThatPauses(-1));
    await vi.advanceTimersByTimeAsync(30_000);
    expect(await ended).toContain('sent nothing for 30 s');
  });

  it('is not refused for what the sidecar itself takes to deal with a message', async () => {
    const { read, ended } = reader(stepThatPauses(0, 0, 59_000), 5 * IDLE_MS);
    await vi.advanceTimersByTimeAsync(60 * IDLE_MS);
    expect(await ended).toBe('ended');
    expect(read).toHaveLength(3);
  });

  it('leaves no timer behind, however it ends', async () => {
    const ends = [reader(stepThatPauses(0, 0)), reader(stepThatPauses(-1))];
    await vi.advanceTimersByTimeAsync(30_000);
    await Promise.all(ends.map(({ ended }) => ended));
    expect(vi.getTimerCount()).toBe(0);
  });
});
