import { type DescribedVariable, type HeldVariable, pathspec } from '../../domain/attempt.js';
import { attemptKey } from '../../domain/identity.js';
import {
  type EndingAttempt,
  type Holding,
  holdingsAtEnd,
  type KeyedRead,
  makerOfRead,
} from '../../domain/lineage.js';
import type { AttemptKey } from '../../ports/ledger.js';
import { batches } from '../batches.js';
import type { HoldingsTable, ReadsTable } from '../schema.js';
import type { Db } from './db.js';
import { lookUpFacts } from './look-up-facts.js';

/** Records what an ending attempt holds, and the makers of that and of what it read. */
export async function recordLineage(db: Db, key: AttemptKey, held: readonly HeldVariable[]): Promise<void> {
  const readRows = await db.selectFrom('reads').selectAll().where('attempt_key', '=', key).execute();
  const attempt = await endingAttempt(db, key, held, readRows.map(keyedRead));
  const facts = await lookUpFacts(db, attempt);
  const pathspecs = sourcePathspecs(readRows, attempt);
  const holdings = holdingsAtEnd(attempt, facts).map((holding) => holdingRow(key, holding, pathspecs));
  for (const rows of batches(holdings)) await db.insertInto('holdings').values(rows).execute();
  const withMakers = readRows.map((row) => ({ ...row, maker_key: makerOfRead(key, keyedRead(row), facts) }));
  for (const rows of batches(withMakers)) {
    // An update of many rows at once: a join may have read from thousands of inputs.
    await db
      .insertInto('reads')
      .values(rows)
      .onConflict((conflict) =>
        conflict
          .columns(['attempt_key', 'name', 'source_key'])
          .doUpdateSet((set) => ({ maker_key: set.ref('excluded.maker_key') })),
      )
      .execute();
  }
}

function keyedRead(row: ReadsTable): KeyedRead {
  const [flowName = '', runId = ''] = row.source_pathspec.split('/');
  const source = { metadataProvider: row.source_provider, flowName, runId };
  return { name: row.name, contentHash: row.content_hash, sourceKey: row.source_key, source };
}

function holdingRow(
  key: AttemptKey,
  holding: Holding,
  pathspecs: ReadonlyMap<AttemptKey, string>,
): HoldingsTable {
  const { name, contentHash, makerKey, sourceKey } = holding;
  return {
    attempt_key: key,
    name,
    content_hash: contentHash,
    maker_key: makerKey,
    source_key: sourceKey,
    source_pathspec: (sourceKey !== null && pathspecs.get(sourceKey)) || '',
  };
}

/** Pathspecs of everything that an attempt took something from. */
function sourcePathspecs(reads: readonly ReadsTable[], { held }: EndingAttempt): Map<AttemptKey, string> {
  const pathspecs = new Map(reads.map((read) => [read.source_key, read.source_pathspec]));
  for (const { inheritedKey, inheritedFrom } of held) {
    if (inheritedKey !== null && inheritedFrom) pathspecs.set(inheritedKey, pathspec(inheritedFrom));
  }
  return pathspecs;
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
  // It may have been waiting for another one.
  await db.updateTable('attempts').set({ waits_for: null }).where('key', '=', read.readerKey).execute();
}

async function endingAttempt(
  db: Db,
  key: AttemptKey,
  held: readonly HeldVariable[],
  reads: readonly KeyedRead[],
): Promise<EndingAttempt> {
  const variables = await db
    .selectFrom('variables')
    .select(['action', 'described_json'])
    .where('attempt_key', '=', key)
    .execute();
  return {
    key,
    described: variables.map((row) => {
      const { name, origin } = JSON.parse(row.described_json) as DescribedVariable;
      return { name, origin, logged: row.action === 'artifact' };
    }),
    held: held.map((item) => ({
      ...item,
      inheritedKey: item.inheritedFrom ? attemptKey(item.inheritedFrom) : null,
    })),
    reads,
  };
}
