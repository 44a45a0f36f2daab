import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSqliteLedger } from '../../../src/ledger/sqlite-ledger.js';
import type { AttemptDetail } from '../../../src/ports/ledger.js';

const WRITER = fileURLToPath(new URL('writer.ts', import.meta.url));

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ledger-'));
});

afterEach(() => rm(dir, { recursive: true }));

/** Lets a process write until it has acknowledged so much, then kills it; all that it had acknowledged. */
async function killAfter(acknowledgements: number, path: string): Promise<Map<string, string>> {
  const child = spawn(process.execPath, ['--import', 'tsx', WRITER, path, String(acknowledgements)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const latest = new Map<string, string>();
  let count = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const [what, key] = line.split(' ');
    if (what && key) latest.set(key, what);
    count += 1;
    if (count === acknowledgements) child.kill('SIGKILL');
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  expect(child.signalCode).toBe('SIGKILL');
  return latest;
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
    for (const [key, what] of await killAfter(count, path)) acknowledged.set(key, what);
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
