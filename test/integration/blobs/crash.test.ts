import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createDirectoryBlobStore } from '../../../src/blobs/directory-blob-store.js';
import { killAfter } from '../../support/kill-after.js';

const WRITER = fileURLToPath(new URL('writer.ts', import.meta.url));

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'blobs-'));
});

afterEach(() => rm(dir, { recursive: true }));

test('whenever a process is killed, the next finds every acknowledged blob whole and no leftovers', async () => {
  const acknowledged = new Set<string>();
  for (const count of [1, 150]) {
    for (const sha256 of await killAfter(count, WRITER, [dir])) acknowledged.add(sha256);
    const store = await createDirectoryBlobStore({ dir });
    for (const sha256 of acknowledged) expect(await store.localPath(sha256)).toContain(sha256.slice(2));
    expect(await readdir(join(dir, 'staging'))).toEqual([]);
    expect(await readdir(join(dir, 'corrupt'))).toEqual([]);
  }
});
