import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createDirectoryBlobStore } from '../../../src/blobs/directory-blob-store.js';
import { createSqliteLedger } from '../../../src/ledger/sqlite-ledger.js';
import { killAfter } from '../../support/kill-after.js';

const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url));
const DIGESTS = ['a', 'bb', 'ccc', 'dddd'].map((text) => createHash('sha256').update(text).digest('hex'));

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'retention-'));
});
afterEach(() => rm(dir, { recursive: true }));

test('whenever a process that removes payloads is killed, every payload that is still needed is there', async () => {
  for (const removals of [1, 60]) {
    const said = await killAfter(removals, WORKER, [dir, String(removals)]);
    expect(said.length).toBeGreaterThanOrEqual(removals);
    const ledger = await createSqliteLedger({ path: join(dir, 'ledger.db') });
    const blobs = await createDirectoryBlobStore({ dir: join(dir, 'blobs') });
    for (const digest of await ledger.neededBlobs(DIGESTS)) {
      expect(await blobs.localPath(digest)).toContain(digest.slice(2));
    }
    await ledger.close();
  }
});
