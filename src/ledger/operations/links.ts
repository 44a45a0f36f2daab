import type { AttemptKey, PendingLink } from '../../ports/ledger.js';
import { batches } from '../batches.js';
import type { Db } from './db.js';
import { offerUses } from './offer-uses.js';

/** Edges that became possible after their reader's upload; see `Ledger.claimLinks`. */
export async function claimLinks(db: Db, limit: number): Promise<PendingLink[]> {
  const readers = await readersToLink(db, limit);
  const keys = readers.map((reader) => reader.key);
  const uses = await offerUses(db, keys);
  for (const some of batches(keys)) {
    await db
      .updateTable('attempts')
      .set((set) => ({ link_offers: set('link_offers', '+', 1) }))
      .where('key', 'in', some)
      .execute();
  }
  return readers.map((reader) => ({ ...reader, uses: uses.get(reader.key) ?? [] }));
}

/** These edges are drawn; see `Ledger.settleLinks`. */
export async function markDrawn(db: Db, key: AttemptKey, names: readonly string[]): Promise<void> {
  for (const some of batches(names)) {
    await db
      .updateTable('reads')
      .set({ drawn: 1 })
      .where('attempt_key', '=', key)
      .where('offered', '=', 1)
      .where('name', 'in', some)
      .execute();
  }
}

function readersToLink(db: Db, limit: number) {
  return (
    db
      .selectFrom('attempts')
      .select(['key', 'destination', 'entity', 'project'])
      .where('state', '=', 'done')
      .where((where) =>
        where.exists(
          where
            .selectFrom('reads')
            .innerJoin('attempts as maker', 'maker.key', 'reads.maker_key')
            .innerJoin('artifacts', (join) =>
              join
                .onRef('artifacts.attempt_key', '=', 'maker.key')
                .onRef('artifacts.variable', '=', 'reads.name'),
            )
            .select('reads.name')
            .whereRef('reads.attempt_key', '=', 'attempts.key')
            .where('reads.drawn', '=', 0)
            .whereRef('maker.destination', '=', 'attempts.destination'),
        ),
      )
      // Edges that W&B keeps refusing step back behind the others.
      .orderBy('link_offers')
      .orderBy('seq')
      .limit(limit)
      .execute()
  );
}
