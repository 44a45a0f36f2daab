import type { ExpressionBuilder, UpdateObject } from 'kysely';
import type { AttemptKey, PendingLink } from '../../ports/ledger.js';
import { batches } from '../batches.js';
import type { LedgerTables } from '../schema.js';
import type { Db } from './db.js';
import { offerUses } from './offer-uses.js';

/** Edges that became possible after their reader's upload; see `Ledger.claimLinks`. */
export async function claimLinks(db: Db, limit: number): Promise<PendingLink[]> {
  const readers = await readersDue(db, limit);
  const uses = await offerUses(
    db,
    readers.map((reader) => reader.key),
  );
  const due = readers.filter(({ key }) => uses.has(key));
  const settled = readers.filter(({ key }) => !uses.has(key));
  await setLinks(db, due, (set) => ({ link_offers: set('link_offers', '+', 1) }));
  await setLinks(db, settled, () => ({ links_due: 0 }));
  return due.map((reader) => ({ ...reader, uses: uses.get(reader.key) ?? [] }));
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

/** Looks again for edges of an attempt. */
export async function dueForLinks(db: Db, key: AttemptKey): Promise<void> {
  await db.updateTable('attempts').set({ links_due: 1 }).where('key', '=', key).execute();
}

/**
 * Looks again for edges of those that read these variables of an attempt.
 * Those that aren't uploaded yet look by themselves once they are.
 */
export async function readersDueForLinks(
  db: Db,
  key: AttemptKey,
  variables: readonly string[],
): Promise<void> {
  const readers = new Set<AttemptKey>();
  for (const some of batches(variables)) {
    const rows = await db
      .selectFrom('reads')
      .select('attempt_key')
      .distinct()
      .where('maker_key', '=', key)
      .where('name', 'in', some)
      .where('drawn', '=', 0)
      .execute();
    for (const { attempt_key } of rows) readers.add(attempt_key);
  }
  // In two steps: in one, all that was ever uploaded would be looked through.
  for (const some of batches([...readers])) {
    await db
      .updateTable('attempts')
      .set({ links_due: 1 })
      .where('state', '=', 'done')
      .where('key', 'in', some)
      .execute();
  }
}

/** Number of uploaded attempts that may still have edges to draw. */
export async function countDueLinks(db: Db): Promise<number> {
  const row = await db
    .selectFrom('attempts')
    .select((select) => select.fn.countAll<number>().as('due'))
    .where('links_due', '=', 1)
    .where('state', '=', 'done')
    .executeTakeFirst();
  return Number(row?.due ?? 0);
}

function readersDue(db: Db, limit: number) {
  return (
    db
      .selectFrom('attempts')
      .select(['key', 'destination', 'entity', 'project', 'metadata_provider as metadataProvider'])
      .where('links_due', '=', 1)
      .where('state', '=', 'done')
      // Edges that W&B keeps refusing step back behind the others.
      .orderBy('link_offers')
      .orderBy('seq')
      .limit(limit)
      .execute()
  );
}

async function setLinks(
  db: Db,
  readers: readonly { readonly key: AttemptKey }[],
  columns: (set: ExpressionBuilder<LedgerTables, 'attempts'>) => UpdateObject<LedgerTables, 'attempts'>,
): Promise<void> {
  for (const some of batches(readers.map((reader) => reader.key))) {
    await db.updateTable('attempts').set(columns).where('key', 'in', some).execute();
  }
}
