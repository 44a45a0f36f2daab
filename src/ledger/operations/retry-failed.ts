import type { Db } from './db.js';
import { atOrBelow } from './read-model.js';

/** Makes failed uploads due again; see `Ledger.retryFailed`. */
export async function retryFailed(db: Db, pathspecPrefix: string | null): Promise<number> {
  const { numUpdatedRows } = await db
    .updateTable('attempts')
    .set({ state: 'pending', due_at_ms: 0, tries: 0, lease_until_ms: null })
    .where('state', '=', 'failed')
    .where((where) => atOrBelow(where, pathspecPrefix))
    .executeTakeFirst();
  return Number(numUpdatedRows);
}

/** Ends all leases; see `Ledger.releaseLeases`. */
export async function releaseLeases(db: Db): Promise<void> {
  await db
    .updateTable('attempts')
    .set({ lease_until_ms: null })
    .where('lease_until_ms', 'is not', null)
    .execute();
}
