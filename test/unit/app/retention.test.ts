import { mkdtemp, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Retention } from '../../../src/app/retention.js';
import { createDirectoryBlobStore } from '../../../src/blobs/directory-blob-store.js';
import { createMemoryLedger } from '../../../src/ledger/memory-ledger.js';
import type { BlobStore } from '../../../src/ports/blob-store.js';
import type { Ledger } from '../../../src/ports/ledger.js';
import { put } from '../../contract/blob-store-contract.js';
import { begin, ending, uploadAll } from '../../contract/ledger-scenario.js';
import { fileLogged } from '../../support/step-log.js';

const DAY_MS = 86_400_000;
/** When everything of a scenario lands. */
const LANDED_AT_MS = 5000;

let dir: string;
let blobs: BlobStore;
let ledger: Ledger;
let nowMs: number;
const removed: string[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'retention-'));
  blobs = await createDirectoryBlobStore({ dir });
  ledger = createMemoryLedger();
  nowMs = LANDED_AT_MS;
  removed.length = 0;
});
afterEach(() => rm(dir, { recursive: true }));

const retention = (retentionMs: number | null = DAY_MS, on: BlobStore = blobs) =>
  new Retention({
    ...{ ledger, blobs: on, retentionMs, clock: { nowMs: () => nowMs, steadyMs: () => 0 } },
    observe: (why) => void removed.push(why),
  });
const contents = (): number[] => [...blobs.list()].map(({ sizeBytes }) => sizeBytes).sort();

/** Records an attempt that needs these blobs; its key. */
async function needing(taskId: string, ...files: readonly { sha256: string; sizeBytes: number }[]) {
  const key = await begin(ledger, { task: { taskId } });
  await ledger.appendLog(
    key,
    files.map(({ sha256, sizeBytes }) => fileLogged(sha256, sha256, sizeBytes)),
  );
  return key;
}

/** Makes what is on disk look as if it had been put there at the epoch, to the next process. */
async function aged(): Promise<BlobStore> {
  for (const { sha256 } of blobs.list()) await utimes(await blobs.localPath(sha256), 0, 0);
  return createDirectoryBlobStore({ dir });
}

describe('payloads in W&B', () => {
  it('go when they are old enough, those of others and those shared with others stay', async () => {
    const [own, shared] = [await put(blobs, 'a'), await put(blobs, 'bb')];
    await ledger.closeAttempt(await needing('1', own, shared), ending(), []);
    await uploadAll(ledger);
    await ledger.closeAttempt(await needing('2', shared), ending(), []);
    nowMs = LANDED_AT_MS + DAY_MS - 1;
    expect(await retention().removeUploaded()).toBe(0);
    expect(await retention().currentUse()).toEqual({ uploadedBytes: 1, expiredBytes: 0 });
    nowMs += 1;
    expect(await retention().currentUse()).toEqual({ uploadedBytes: 1, expiredBytes: 1 });
    expect(await retention().removeUploaded()).toBe(1);
    expect(contents()).toEqual([2]);
    await uploadAll(ledger);
    expect(await retention().removeUploaded()).toBe(1);
    expect(contents()).toEqual([]);
    expect(removed).toEqual(['uploaded', 'uploaded']);
  });

  it('all go, however many there are', async () => {
    const files = [];
    for (let i = 0; i < 1100; i += 1) files.push(await put(blobs, `${i}`));
    await ledger.closeAttempt(await needing('1', ...files), ending(), []);
    await uploadAll(ledger);
    expect(await retention(0).removeUploaded()).toBe(1100);
    expect(contents()).toEqual([]);
  }, 120_000);

  it('stay for ever where that is asked for', async () => {
    await ledger.closeAttempt(await needing('1', await put(blobs, 'a')), ending(), []);
    await uploadAll(ledger);
    nowMs = 1e15;
    expect(await retention(null).removeUploaded()).toBe(0);
    expect(await retention(null).removeOrphans()).toBe(0);
    expect(contents()).toEqual([1]);
  });

  it('go with the next look for orphans where their removal was cut off', async () => {
    await ledger.closeAttempt(await needing('1', await put(blobs, 'a')), ending(), []);
    await uploadAll(ledger);
    const broken = { ...blobs, list: () => blobs.list() } as BlobStore;
    broken.sweep = () => ({ remove: () => Promise.reject(new Error('killed')), end: () => undefined });
    await expect(retention(0, broken).removeUploaded()).rejects.toThrow('killed');
    expect(await ledger.giveUpBlobs(1e15, 10)).toEqual([]);
    blobs = await aged();
    nowMs = 1e12;
    expect(await retention().removeOrphans()).toBe(1);
    expect(contents()).toEqual([]);
  });
});

describe('blobs that no attempt names', () => {
  it('go once they are as old as uploaded ones have to be; what is needed stays', async () => {
    await needing('1', await put(blobs, 'needed'));
    await put(blobs, 'orphan, and old');
    blobs = await aged();
    await put(blobs, 'orphan');
    nowMs = Date.now() + 1000;
    expect(await retention().removeOrphans()).toBe(1);
    expect(contents()).toEqual(['needed'.length, 'orphan'.length]);
    expect(removed).toEqual(['orphaned']);
  });

  it('stay while a stream brings them, and when the ledger comes to name them during the look', async () => {
    const hold = blobs.hold();
    const blob = await put(hold, 'content');
    nowMs = Date.now() + 2 * DAY_MS;
    expect(await retention().removeOrphans()).toBe(0);
    const { neededBlobs } = ledger;
    ledger.neededBlobs = async (digests) => {
      const answer = await neededBlobs(digests);
      await needing('1', blob);
      hold.letGo();
      return answer;
    };
    expect(await retention().removeOrphans()).toBe(0);
    expect(contents()).toEqual(['content'.length]);
  });
});
