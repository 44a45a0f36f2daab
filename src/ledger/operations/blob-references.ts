import { sql } from 'kysely';
import type { BlobUse } from '../../ports/blob-references.js';
import type { AttemptKey } from '../../ports/ledger.js';
import { batches } from '../batches.js';
import { type BlobReference, isWhole } from '../blob-references.js';
import type { Db } from './db.js';

/** Records that an open attempt needs these blobs. */
export async function needBlobs(db: Db, key: AttemptKey, blobs: readonly BlobReference[]): Promise<void> {
  const rows = blobs.map(({ sha256, sizeBytes }) => ({
    ...{ attempt_key: key, sha256, size_bytes: sizeBytes, uploaded_at_ms: null, given_up: 0 },
  }));
  for (const some of batches(rows)) {
    await db
      .insertInto('attempt_blobs')
      .values(some)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}

/** An attempt has landed. What W&B would not take of it is only here, and so all of it stays. */
export async function blobsUploaded(
  db: Db,
  key: AttemptKey,
  uploadedAtMs: number,
  problems: readonly string[],
): Promise<void> {
  if (!isWhole(problems)) return;
  await db
    .updateTable('attempt_blobs')
    .set({ uploaded_at_ms: uploadedAtMs })
    .where('attempt_key', '=', key)
    .execute();
}

/** Gives up blobs that nothing needs any more; see `BlobReferences.giveUpBlobs`. */
export async function giveUpBlobs(db: Db, uploadedByMs: number, limit: number): Promise<string[]> {
  const rows = await expired(db, uploadedByMs).limit(limit).execute();
  const digests = rows.map(({ sha256 }) => sha256);
  for (const some of batches(digests)) {
    await db
      .updateTable('attempt_blobs')
      .set({ given_up: 1 })
      .where('given_up', '=', 0)
      .where('sha256', 'in', some)
      .execute();
  }
  return digests;
}

/** Those of these digests that some attempt needs; see `BlobReferences.neededBlobs`. */
export async function neededBlobs(db: Db, digests: readonly string[]): Promise<Set<string>> {
  const needed = new Set<string>();
  for (const some of batches(digests)) {
    const rows = await db
      .selectFrom('attempt_blobs')
      .select('sha256')
      .distinct()
      .where('given_up', '=', 0)
      .where('sha256', 'in', some)
      .execute();
    for (const { sha256 } of rows) needed.add(sha256);
  }
  return needed;
}

/** How much of what attempts hold is in W&B; see `BlobReferences.blobUse`. */
export async function blobUse(db: Db, uploadedByMs: number): Promise<BlobUse> {
  return {
    uploadedBytes: await sumOf(db, Number.MAX_SAFE_INTEGER),
    expiredBytes: await sumOf(db, uploadedByMs),
  };
}

async function sumOf(db: Db, uploadedByMs: number): Promise<number> {
  const row = await db
    .selectFrom(expired(db, uploadedByMs).as('expired'))
    .select((select) => select.fn.sum<number | null>('size_bytes').as('bytes'))
    .executeTakeFirst();
  return Number(row?.bytes ?? 0);
}

/** Blobs of which every holder has landed by then. */
function expired(db: Db, uploadedByMs: number) {
  return db
    .selectFrom('attempt_blobs')
    .select((select) => ['sha256', select.fn.max('size_bytes').as('size_bytes')])
    .where('given_up', '=', 0)
    .groupBy('sha256')
    .having(sql<boolean>`count(*) = count(uploaded_at_ms)`)
    .having((having) => having.fn.max('uploaded_at_ms'), '<=', uploadedByMs);
}
