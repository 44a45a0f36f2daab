import type { Destination } from '../../ports/ledger.js';
import type { Db } from './db.js';
import { atOrBelow } from './read-model.js';

/** Makes failed uploads due again, and those that wait for their next try; see `Ledger.retryFailed`. */
export async function retryFailed(db: Db, pathspecPrefix: string | null): Promise<number> {
  const { numUpdatedRows } = await db
    .updateTable('attempts')
    .set({ state: 'pending', due_at_ms: 0, tries: 0, lease_until_ms: null })
    .where((where) =>
      where.or([
        where('state', '=', 'failed'),
        where.and([
          where('state', '=', 'pending'),
          where('tries', '>', 0),
          where('lease_until_ms', 'is', null),
        ]),
      ]),
    )
    .where((where) => atOrBelow(where, pathspecPrefix))
    .executeTakeFirst();
  return Number(numUpdatedRows);
}

/** Sends held attempts on; see `Ledger.releaseHeld`. */
export async function releaseHeld(
  db: Db,
  pathspecPrefix: string | null,
  destination: Destination,
): Promise<number> {
  const { numUpdatedRows } = await db
    .updateTable('attempts')
    .set({ state: 'pending', destination, due_at_ms: 0, tries: 0 })
    .where('state', '=', 'held')
    .where((where) => atOrBelow(where, pathspecPrefix))
    .executeTakeFirst();
  return Number(numUpdatedRows);
}

/** Ends all leases and all waiting for a next try; see `Ledger.releaseLeases`. */
export async function releaseLeases(db: Db): Promise<void> {
  await db
    .updateTable('attempts')
    .set({ lease_until_ms: null, due_at_ms: 0, waits_for: null })
    .where('state', '=', 'pending')
    .execute();
}
