import { expect, it } from 'vitest';
import { Streams } from '../../../src/app/streams.js';
import { attemptKey } from '../../../src/domain/identity.js';
import { createMemoryLedger } from '../../../src/ledger/memory-ledger.js';
import type { Ledger } from '../../../src/ports/ledger.js';
import { openedAttempt, task } from '../../support/builders.js';

it('a crashed attempt that can not be closed does not hold up the others', async () => {
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
  const streams = new Streams(ledger, { nowMs: () => time.now }, 1000);
  time.now = 2000;
  const failures: unknown[] = [];
  expect(await streams.closeCrashed((key, error) => failures.push([key, error]))).toEqual([good]);
  expect(failures).toEqual([[bad, broken]]);
});
