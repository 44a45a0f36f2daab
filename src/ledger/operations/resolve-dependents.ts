import { makerOfRead } from '../../domain/lineage.js';
import type { AttemptKey } from '../../ports/ledger.js';
import { PreparedQuery } from '../prepared.js';
import type { Db, OfAttempt } from './db.js';
import { dueForLinks } from './links.js';
import { setMaker } from './record-lineage.js';

/** Reads of what an attempt held, with what that was. */
const READS_FROM = new PreparedQuery((db, parameters: OfAttempt) =>
  db
    .selectFrom('reads')
    .innerJoin('holdings', (join) =>
      join.onRef('holdings.attempt_key', '=', 'reads.source_key').onRef('holdings.name', '=', 'reads.name'),
    )
    .select(['reads.attempt_key', 'reads.name', 'reads.content_hash', 'reads.maker_key'])
    .select(['holdings.content_hash as held_hash', 'holdings.maker_key as held_maker'])
    .where('reads.source_key', '=', parameters.key)
    .where('reads.drawn', '=', 0),
);
/** What others passed on from an attempt, with its own makers of that. */
const PASSED_ON_FROM = new PreparedQuery((db, parameters: OfAttempt) =>
  db
    .selectFrom('holdings as passed')
    .innerJoin('holdings as source', (join) =>
      join.onRef('source.attempt_key', '=', 'passed.source_key').onRef('source.name', '=', 'passed.name'),
    )
    .select(['passed.attempt_key', 'passed.name', 'passed.maker_key', 'source.maker_key as source_maker'])
    .where('passed.source_key', '=', parameters.key),
);

/**
 * Settles the makers of what others took from an attempt that ended after
 * them, as one does that was spooled: what they passed on, and so on down the
 * graph, and what they read. What its source says takes the place of a guess;
 * edges that are drawn stay.
 */
export async function resolveDependents(db: Db, key: AttemptKey): Promise<void> {
  // Ends: each holding has one source, so that one change passes it once at most.
  const waiting = [key];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    await resolveReads(db, next);
    waiting.push(...(await resolvePassedOn(db, next)));
  }
}

async function resolveReads(db: Db, sourceKey: AttemptKey): Promise<void> {
  for (const row of await READS_FROM.all(db, { key: sourceKey })) {
    const source = { metadataProvider: '', flowName: '', runId: '' };
    const read = { name: row.name, contentHash: row.content_hash, source, sourceKey };
    const holding = {
      name: row.name,
      contentHash: row.held_hash,
      makerKey: row.held_maker,
      sourceKey: null,
    };
    const makerKey = makerOfRead(row.attempt_key, read, { holding: () => holding, makersOf: () => [] });
    if (makerKey === row.maker_key) continue;
    await setMaker(db, { readerKey: row.attempt_key, ...read }, makerKey);
    await dueForLinks(db, row.attempt_key);
  }
}

/** Returns the attempts whose holdings have changed. */
async function resolvePassedOn(db: Db, sourceKey: AttemptKey): Promise<AttemptKey[]> {
  const rows = await PASSED_ON_FROM.all(db, { key: sourceKey });
  const changed = rows.filter((row) => row.maker_key !== row.source_maker);
  for (const row of changed) {
    await db
      .updateTable('holdings')
      .set({ maker_key: row.source_maker })
      .where('attempt_key', '=', row.attempt_key)
      .where('name', '=', row.name)
      .execute();
  }
  return [...new Set(changed.map((row) => row.attempt_key))];
}
