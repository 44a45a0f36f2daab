import type { Kysely } from 'kysely';
import { SidecarError } from '../../domain/errors.js';
import type { AttemptKey } from '../../ports/ledger.js';
import { PreparedQuery } from '../prepared.js';
import type { LedgerTables } from '../schema.js';

/** The ledger, inside a transaction or not. */
export type Db = Kysely<LedgerTables>;

/** Parameter of a query about one attempt. */
export interface OfAttempt {
  readonly key: AttemptKey;
}

const STATE = new PreparedQuery((db, parameters: OfAttempt) =>
  db.selectFrom('attempts').select('state').where('key', '=', parameters.key),
);

/**
 * Makes sure that an attempt still takes in data.
 * @throws SidecarError `not-found`, `attempt-not-open`
 */
export async function requireOpen(db: Db, key: AttemptKey): Promise<void> {
  const row = await STATE.first(db, { key });
  if (!row) throw new SidecarError('not-found', `the ledger knows no attempt ${key}`);
  if (row.state !== 'open') throw new SidecarError('attempt-not-open', `attempt ${key} is closed already`);
}
