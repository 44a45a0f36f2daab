import type { AttemptKey, LedgerUse } from '../../ports/ledger.js';
import { batches } from '../batches.js';
import type { Db } from './db.js';

/**
 * Reads of these attempts whose edges can be drawn: their maker's artifact is
 * in the same W&B. Marks them as handed out, so that an edge which becomes
 * possible while these are being drawn is not taken for drawn.
 */
export async function offerUses(db: Db, keys: readonly AttemptKey[]): Promise<Map<AttemptKey, LedgerUse[]>> {
  const found = new Map<AttemptKey, LedgerUse[]>();
  for (const some of batches(keys)) {
    await db.updateTable('reads').set({ offered: 0 }).where('attempt_key', 'in', some).execute();
    for (const row of await drawableReads(db, some)) {
      await db
        .updateTable('reads')
        .set({ offered: 1 })
        .where('attempt_key', '=', row.attempt_key)
        .where('name', '=', row.name)
        .where('source_key', '=', row.source_key)
        .execute();
      const uses = found.get(row.attempt_key) ?? [];
      // One artifact version, reached through several inputs, is one edge.
      if (!uses.some((use) => use.qualifiedName === row.qualified_name)) {
        uses.push({ name: row.name, qualifiedName: row.qualified_name });
      }
      found.set(row.attempt_key, uses);
    }
  }
  return found;
}

/** Reads of these attempts whose edges can be drawn and aren't. */
export function drawableReads(db: Db, keys: readonly AttemptKey[]) {
  return db
    .selectFrom('reads')
    .innerJoin('attempts as reader', 'reader.key', 'reads.attempt_key')
    .innerJoin('attempts as maker', 'maker.key', 'reads.maker_key')
    .innerJoin('artifacts', (join) =>
      join.onRef('artifacts.attempt_key', '=', 'maker.key').onRef('artifacts.variable', '=', 'reads.name'),
    )
    .select(['reads.attempt_key', 'reads.name', 'reads.source_key', 'artifacts.qualified_name'])
    .where('reads.attempt_key', 'in', keys)
    .where('reads.drawn', '=', 0)
    .whereRef('maker.destination', '=', 'reader.destination')
    .orderBy('reads.name')
    .orderBy('reads.source_key')
    .execute();
}
