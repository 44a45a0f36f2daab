import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSqliteLedger } from '../../../src/ledger/sqlite-ledger.js';
import type { AttemptDetail } from '../../../src/ports/ledger.js';
import { killAfter } from '../../support/kill-after.js';

const WRITER = fileURLToPath(new URL('writer.ts', import.meta.url));

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ledger-'));
});

afterEach(() => rm(dir, { recursive: true }));

/** Lets a process write until it has acknowledged so much, then kills it; the last acknowledgement of each attempt. */
async function acknowledgedBefore(acknowledgements: number, path: string): Promise<Map<string, string>> {
  const lines = await killAfter(acknowledgements, WRITER, [path, String(acknowledgements)]);
  return new Map(lines.map((line) => line.split(' ')).map(([what = '', key = '']) => [key, what]));
}

/** How far an attempt must be at least, given the last write of it that was acknowledged. */
function expectAtLeast(detail: AttemptDetail | null, acknowledged: string): void {
  const frame = detail?.variables.find(({ described }) => described.name === 'frame');
  expect(detail, acknowledged).not.toBeNull();
  if (acknowledged !== 'opened') expect(detail?.variables).toHaveLength(2);
  if (acknowledged === 'payload' || acknowledged === 'closed') expect(frame?.payload).not.toBeNull();
  if (acknowledged === 'closed') expect(detail).toMatchObject({ state: 'pending', outcome: 'ok' });
}

test('whenever a process is killed, the next finds every acknowledged write and none by half', async () => {
  const path = join(dir, 'ledger.db');
  const acknowledged = new Map<string, string>();
  for (const count of [1, 203, 1500]) {
    for (const [key, what] of await acknowledgedBefore(count, path)) acknowledged.set(key, what);
    const ledger = await createSqliteLedger({ path });
    for (const [key, what] of acknowledged) expectAtLeast(await ledger.getAttempt(key), what);
    const all = await ledger.listAttempts({ pathspecPrefix: null, state: null }, 10_000);
    expect(all.length).toBeGreaterThanOrEqual(acknowledged.size);
    for (const { key, state } of all) {
      const variables = (await ledger.getAttempt(key))?.variables ?? [];
      expect([0, 2]).toContain(variables.length);
      // Closing skips what has no payload, in the same transaction.
      const skipped = variables.filter(({ decision }) => decision.action === 'skip');
      expect(skipped.length).toBe(state === 'pending' ? 1 : 0);
    }
    await ledger.close();
  }
});
