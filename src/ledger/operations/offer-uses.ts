import type { AttemptKey, LedgerUse } from '../../ports/ledger.js';
import { batches } from '../batches.js';
import type { ReadsTable } from '../schema.js';
import type { Db } from './db.js';

/**
 * Reads of these attempts whose edges can be drawn: their maker's artifact is
 * in the same W&B. Marks them as handed out, so that an edge which becomes
 * possible while these are being drawn is not taken for drawn.
 */
export async function offerUses(db: Db, keys: readonly AttemptKey[]): Promise<Map<AttemptKey, LedgerUse[]>> {
  const uses = new Map<AttemptKey, Map<string, LedgerUse>>();
  for (const some of batches(keys)) {
    await db.updateTable('reads').set({ offered: 0 }).where('attempt_key', 'in', some).execute();
    const drawable = await drawableReads(db, some);
    for (const { attempt_key, name, qualified_name } of drawable) {
      const ofReader = uses.get(attempt_key) ?? new Map<string, LedgerUse>();
      // One artifact version, reached through several inputs, is one edge.
      ofReader.set(qualified_name, { name, qualifiedName: qualified_name });
      uses.set(attempt_key, ofReader);
    }
    await markOffered(db, drawable);
  }
  return new Map([...uses].map(([key, ofReader]) => [key, [...ofReader.values()]]));
}

type DrawableRead = Pick<ReadsTable, 'attempt_key' | 'name' | 'source_key'>;

/** Goes by reader and name, since a join may have read one name from thousands of inputs. */
async function markOffered(db: Db, reads: readonly DrawableRead[]): Promise<void> {
  const groups = new Map<string, DrawableRead[]>();
  for (const read of reads) {
    const id = `${read.attempt_key} ${read.name}`;
    const group = groups.get(id) ?? [];
    group.push(read);
    groups.set(id, group);
  }
  for (const group of groups.values()) {
    for (const some of batches(group)) {
      const [first] = some;
      if (!first) continue;
      await db
        .updateTable('reads')
        .set({ offered: 1 })
        .where('attempt_key', '=', first.attempt_key)
        .where('name', '=', first.name)
        .where(
          'source_key',
          'in',
          some.map((read) => read.source_key),
        )
        .execute();
    }
  }
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
