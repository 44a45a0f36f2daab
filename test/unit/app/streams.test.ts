import { expect, test } from 'vitest';
import type { AttemptRecorder } from '../../../src/app/attempt-recorder.js';
import { Streams } from '../../../src/app/streams.js';
import { createMemoryLedger } from '../../../src/ledger/memory-ledger.js';
import { begin } from '../../contract/ledger-scenario.js';

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
