import { expect, test } from 'vitest';
import type { AttemptRecorder } from '../../../src/app/attempt-recorder.js';
import { Streams } from '../../../src/app/streams.js';
import { attemptKey } from '../../../src/domain/identity.js';
import { createMemoryLedger } from '../../../src/ledger/memory-ledger.js';
import type { Ledger } from '../../../src/ports/ledger.js';
import { begin } from '../../contract/ledger-scenario.js';
import { openedAttempt, task } from '../../support/builders.js';

const DAY_MS = 86_400_000;

test('a task counts as crashed after the grace, however the clock on the wall is set', async () => {
  const time = { unixMs: DAY_MS, steadyMs: 0 };
  const ledger = createMemoryLedger();
  const clock = { nowMs: () => time.unixMs, steadyMs: () => time.steadyMs };
  const streams = new Streams(ledger, clock, 60_000);
  const key = await begin(ledger, {});
  const recorder = { supersede: async () => undefined } as AttemptRecorder;
  await streams.takeOver(key, recorder);
  streams.release(key, recorder, false);
  time.unixMs = 9 * DAY_MS;
  time.steadyMs = 59_000;
  expect(await streams.closeCrashed()).toEqual([]);
  time.unixMs = 0;
  time.steadyMs = 61_000;
  expect(await streams.closeCrashed()).toEqual([key]);
});

test('a crashed attempt that can not be closed does not hold up the others', async () => {
  const memory = createMemoryLedger();
  const tasks = ['1', '2'].map((taskId) => task({ taskId }));
  const [bad, good] = tasks.map(attemptKey) as [string, string];
  for (const one of tasks) {
    const opened = openedAttempt({ task: one });
    await memory.openAttempt({ key: attemptKey(one), opened, destination: 'hold', openedAtMs: 0 });
  }
  const broken = new Error('broken');
  const ledger: Ledger = {
    ...memory,
    closeAttempt: (key, ...rest) =>
      key === bad ? Promise.reject(broken) : memory.closeAttempt(key, ...rest),
  };
  const time = { now: 0 };
  const streams = new Streams(ledger, { nowMs: () => 0, steadyMs: () => time.now }, 1000);
  time.now = 2000;
  const failures: unknown[] = [];
  expect(await streams.closeCrashed((key, error) => failures.push([key, error]))).toEqual([good]);
  expect(failures).toEqual([[bad, broken]]);
});
