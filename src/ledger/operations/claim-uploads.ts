import type { AttemptEnd } from '../../domain/attempt.js';
import type { AttemptKey, LedgerVariable, PendingUpload } from '../../ports/ledger.js';
import { batches } from '../batches.js';
import { endOf, openedOf, variableOf } from '../rows.js';
import type { AttemptsTable } from '../schema.js';
import type { Db } from './db.js';
import { offerUses } from './offer-uses.js';

/** Leases uploads that are due; see `Ledger.claimUploads`. */
export async function claimUploads(
  db: Db,
  nowMs: number,
  leaseMs: number,
  limit: number,
): Promise<PendingUpload[]> {
  const due = await dueAttempts(db, nowMs, limit);
  const keys = due.map((attempt) => attempt.key);
  const variables = await variablesOf(db, keys);
  const uses = await offerUses(db, keys);
  for (const some of batches(keys)) {
    await db
      .updateTable('attempts')
      .set({ lease_until_ms: nowMs + leaseMs })
      .where('key', 'in', some)
      .execute();
  }
  return due.map((attempt) => ({
    key: attempt.key,
    destination: attempt.destination,
    opened: openedOf(attempt),
    // A pending attempt has ended.
    end: endOf(attempt) as AttemptEnd,
    variables: variables.get(attempt.key) ?? [],
    uses: uses.get(attempt.key) ?? [],
    tries: attempt.tries,
  }));
}

type DueAttempt = Pick<AttemptsTable, 'key' | 'destination' | 'opened_json' | 'end_json' | 'tries'>;

async function dueAttempts(db: Db, nowMs: number, limit: number): Promise<DueAttempt[]> {
  return db
    .selectFrom('attempts')
    .select(['key', 'destination', 'opened_json', 'end_json', 'tries'])
    .where('state', '=', 'pending')
    .where('due_at_ms', '<=', nowMs)
    .where((where) => where.or([where('lease_until_ms', 'is', null), where('lease_until_ms', '<=', nowMs)]))
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom('reads')
            .innerJoin('attempts as maker', 'maker.key', 'reads.maker_key')
            .select('maker.key')
            .whereRef('reads.attempt_key', '=', 'attempts.key')
            .whereRef('maker.destination', '=', 'attempts.destination')
            .where('maker.state', 'in', ['open', 'pending'])
            // Attempts wait for earlier ones only, so that none can wait for one another.
            .whereRef('maker.seq', '<', 'attempts.seq'),
        ),
      ),
    )
    .orderBy('seq')
    .limit(limit)
    .execute();
}

/** Variables of attempts, in the order of their snapshots. */
async function variablesOf(db: Db, keys: readonly AttemptKey[]): Promise<Map<AttemptKey, LedgerVariable[]>> {
  const found = new Map<AttemptKey, LedgerVariable[]>();
  for (const some of batches(keys)) {
    const rows = await db
      .selectFrom('variables')
      .selectAll()
      .where('attempt_key', 'in', some)
      .orderBy('position')
      .execute();
    for (const row of rows)
      found.set(row.attempt_key, [...(found.get(row.attempt_key) ?? []), variableOf(row)]);
  }
  return found;
}
