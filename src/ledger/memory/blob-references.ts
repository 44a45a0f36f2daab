import type { BlobReferences } from '../../ports/blob-references.js';
import { type BlobReference, blobsOfEntries, blobsOfPayload, isWhole } from '../blob-references.js';
import type { AttemptRecord, Records } from './records.js';

/** The part of the ledger in memory that knows which blobs are needed. */
export function blobReferences(records: Records): BlobReferences {
  return {
    giveUpBlobs: async (uploadedByMs, limit) => {
      const digests = [...expired(records, uploadedByMs).keys()].slice(0, limit);
      for (const record of records.values()) for (const digest of digests) record.givenUp.add(digest);
      return digests;
    },
    neededBlobs: async (digests) => {
      const needed = new Set([...holders(records).keys()]);
      return new Set(digests.filter((digest) => needed.has(digest)));
    },
    blobUse: async (uploadedByMs) => ({
      uploadedBytes: sum(expired(records, Number.MAX_SAFE_INTEGER).values()),
      expiredBytes: sum(expired(records, uploadedByMs).values()),
    }),
  };
}

function sum(sizes: Iterable<number>): number {
  return [...sizes].reduce((total, size) => total + size, 0);
}

/** Sizes of the blobs of which every holder has landed by then. */
function expired(records: Records, uploadedByMs: number): Map<string, number> {
  const found = new Map<string, number>();
  for (const [digest, { sizeBytes, by }] of holders(records)) {
    if (by.every((record) => landedAtMs(record) <= uploadedByMs)) found.set(digest, sizeBytes);
  }
  return found;
}

/** Which attempts need each blob. */
function holders(
  records: Records,
): Map<string, { readonly sizeBytes: number; readonly by: AttemptRecord[] }> {
  const found = new Map<string, { readonly sizeBytes: number; readonly by: AttemptRecord[] }>();
  for (const record of records.values()) {
    for (const { sha256, sizeBytes } of blobsOf(record)) {
      if (record.givenUp.has(sha256)) continue;
      const known = found.get(sha256) ?? { sizeBytes, by: [] };
      known.by.push(record);
      found.set(sha256, known);
    }
  }
  return found;
}

function blobsOf({ variables, log }: AttemptRecord): readonly BlobReference[] {
  return [
    ...variables.flatMap(({ payload }) => (payload ? blobsOfPayload(payload) : [])),
    ...blobsOfEntries(log),
  ];
}

/** Infinity: not all of it is in W&B. */
function landedAtMs({ state, landed }: AttemptRecord): number {
  if (state !== 'done' || !landed || !isWhole(landed.problems)) return Number.POSITIVE_INFINITY;
  return landed.uploadedAtMs;
}
