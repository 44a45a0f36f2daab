import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { failpointsFrom } from '../../src/failpoints.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'failpoints-'));
  vi.spyOn(process, 'kill').mockImplementation(() => true);
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(dir, { recursive: true });
});

const named = (names: string) =>
  failpointsFrom({ METAFLOW_WANDB_FAILPOINTS: names, METAFLOW_WANDB_FAILPOINTS_DIR: dir });

test('nothing dies where the environment names no failpoint', () => {
  const port = { openAttempt: async () => 'opened' };
  const { reached, after } = failpointsFrom({});
  reached('blobs.kept');
  expect(after('ledger', port)).toBe(port);
  expect(process.kill).not.toHaveBeenCalled();
});

test('a process dies after the call that is named, at its first time', async () => {
  const port = { openAttempt: async () => 'opened', counts: async () => 0, claimLinks: async () => [] };
  const ledger = named('ledger.openAttempt,ledger.claimLinks').after('ledger', port);
  await ledger.counts();
  // Nothing is handed out, so nothing has changed.
  await ledger.claimLinks();
  expect(process.kill).not.toHaveBeenCalled();
  expect(await ledger.openAttempt()).toBe('opened');
  await ledger.openAttempt();
  expect(process.kill).toHaveBeenCalledExactlyOnceWith(process.pid, 'SIGKILL');
  expect(readdirSync(dir)).toEqual(['ledger.openAttempt']);
});

test('a failpoint that there is not is refused', () => {
  expect(() => named('ledger.nowhere')).toThrow('ledger.nowhere');
});
