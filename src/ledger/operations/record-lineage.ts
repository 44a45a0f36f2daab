import type { DescribedVariable, HeldVariable } from '../../domain/attempt.js';
import { attemptKey } from '../../domain/identity.js';
import { type EndingAttempt, holdingsAtEnd, makerOfRead } from '../../domain/lineage.js';
import type { AttemptKey } from '../../ports/ledger.js';
import { batches } from '../batches.js';
import type { Db } from './db.js';
import { lookUpFacts } from './look-up-facts.js';

/** Records what an ending attempt holds, and the makers of that and of what it read. */
export async function recordLineage(db: Db, key: AttemptKey, held: readonly HeldVariable[]): Promise<void> {
  const attempt = await endingAttempt(db, key, held);
  const facts = await lookUpFacts(db, attempt);
  const holdings = holdingsAtEnd(attempt, facts).map((holding) => ({
    attempt_key: key,
    name: holding.name,
    content_hash: holding.contentHash,
    maker_key: holding.makerKey,
    source_key: holding.sourceKey,
  }));
  for (const rows of batches(holdings)) await db.insertInto('holdings').values(rows).execute();
  for (const read of attempt.reads) {
    await setMaker(db, { readerKey: key, ...read }, makerOfRead(key, read, facts));
  }
}

/** Sets the maker of one read. */
export async function setMaker(
  db: Db,
  read: { readonly readerKey: AttemptKey; readonly name: string; readonly sourceKey: AttemptKey },
  makerKey: AttemptKey | null,
): Promise<void> {
  await db
    .updateTable('reads')
    .set({ maker_key: makerKey })
    .where('attempt_key', '=', read.readerKey)
    .where('name', '=', read.name)
    .where('source_key', '=', read.sourceKey)
    .execute();
}

async function endingAttempt(db: Db, key: AttemptKey, held: readonly HeldVariable[]): Promise<EndingAttempt> {
  const variables = await db
    .selectFrom('variables')
    .select('described_json')
    .where('attempt_key', '=', key)
    .execute();
  const reads = await db
    .selectFrom('reads')
    .select(['name', 'content_hash', 'source_key'])
    .where('attempt_key', '=', key)
    .execute();
  return {
    key,
    described: variables.map((row) => JSON.parse(row.described_json) as DescribedVariable),
    held: held.map((item) => ({
      ...item,
      inheritedKey: item.inheritedFrom ? attemptKey(item.inheritedFrom) : null,
    })),
    reads: reads.map((row) => ({
      name: row.name,
      contentHash: row.content_hash,
      sourceKey: row.source_key,
    })),
  };
}
