import type { Kysely } from 'kysely';
import { SidecarError } from '../../domain/errors.js';
import type { AttemptKey } from '../../ports/ledger.js';
import type { LedgerTables } from '../schema.js';

/** The ledger, inside a transaction or not. */
export type Db = Kysely<LedgerTables>;

/**
 * Makes sure that an attempt still takes in data.
 * @throws SidecarError `not-found`, `attempt-not-open`
 */
export async function requireOpen(db: Db, key: AttemptKey): Promise<void> {
  const row = await db.selectFrom('attempts').select('state').where('key', '=', key).executeTakeFirst();
  if (!row) throw new SidecarError('not-found', `the ledger knows no attempt ${key}`);
  if (row.state !== 'open') throw new SidecarError('attempt-not-open', `attempt ${key} is closed already`);
}
