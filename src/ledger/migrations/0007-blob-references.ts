import { type Kysely, type Migration, sql } from 'kysely';
import type { StoredPayload } from '../../domain/attempt.js';
import type { StepLogEntry } from '../../domain/step-log.js';
import { batches } from '../batches.js';
import { type BlobReference, blobsOfEntries, blobsOfPayload, isWhole } from '../blob-references.js';

/** Which attempt needs which blob, and whether it still does. */
export const blobReferences: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('attempt_blobs')
      .addColumn('attempt_key', 'text', (column) =>
        column.notNull().references('attempts.key').onDelete('cascade'),
      )
      .addColumn('sha256', 'text', (column) => column.notNull())
      .addColumn('size_bytes', 'bigint', (column) => column.notNull())
      .addColumn('uploaded_at_ms', 'bigint')
      .addColumn('given_up', 'integer', (column) => column.notNull())
      .addPrimaryKeyConstraint('attempt_blobs_pk', ['attempt_key', 'sha256'])
      .execute();
    await db.schema
      .createIndex('attempt_blobs_by_digest')
      .on('attempt_blobs')
      .columns(['given_up', 'sha256', 'uploaded_at_ms'])
      .execute();
    await fillIn(db as Kysely<Earlier>);
  },
};

/** Tables as they are read here. */
interface Earlier {
  attempts: { key: string; state: string; uploaded_at_ms: number | null; problems_json: string };
  variables: { attempt_key: string; payload_json: string | null };
  log_batches: { attempt_key: string; entries_json: string };
  attempt_blobs: {
    attempt_key: string;
    sha256: string;
    size_bytes: number;
    uploaded_at_ms: number | null;
    given_up: number;
  };
}

/** Attempts that are looked at at once. */
const PAGE = 200;

/** References of attempts that are there already. */
async function fillIn(db: Kysely<Earlier>): Promise<void> {
  for (let after = ''; ; ) {
    const attempts = await db
      .selectFrom('attempts')
      .select(['key', 'state', 'uploaded_at_ms', 'problems_json'])
      .where('key', '>', after)
      .orderBy('key')
      .limit(PAGE)
      .execute();
    for (const attempt of attempts) {
      const isUploaded = attempt.state === 'done' && isWhole(JSON.parse(attempt.problems_json));
      await insert(
        db,
        attempt.key,
        await blobsOf(db, attempt.key),
        isUploaded ? attempt.uploaded_at_ms : null,
      );
    }
    const last = attempts.at(-1);
    if (!last) return;
    after = last.key;
  }
}

async function blobsOf(db: Kysely<Earlier>, key: string): Promise<BlobReference[]> {
  const payloads = await db
    .selectFrom('variables')
    .select('payload_json')
    .where('attempt_key', '=', key)
    .where('payload_json', 'is not', null)
    .execute();
  const logs = await db
    .selectFrom('log_batches')
    .select('entries_json')
    .where('attempt_key', '=', key)
    .where(sql<boolean>`entries_json like '%"sha256"%'`)
    .execute();
  return [
    ...payloads.flatMap((row) => blobsOfPayload(JSON.parse(row.payload_json ?? '') as StoredPayload)),
    ...logs.flatMap((row) => blobsOfEntries(JSON.parse(row.entries_json) as StepLogEntry[])),
  ];
}

async function insert(
  db: Kysely<Earlier>,
  key: string,
  blobs: readonly BlobReference[],
  uploadedAtMs: number | null,
): Promise<void> {
  const rows = blobs.map(({ sha256, sizeBytes }) => ({
    ...{ attempt_key: key, sha256, size_bytes: sizeBytes, uploaded_at_ms: uploadedAtMs, given_up: 0 },
  }));
  for (const some of batches(rows)) {
    await db
      .insertInto('attempt_blobs')
      .values(some)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}
