import type { AttemptEnd } from '../../domain/attempt.js';
import type { AttemptKey, PendingUpload } from '../../ports/ledger.js';
import { batches } from '../batches.js';
import { endOf, openedOf, variableOf } from '../rows.js';
import type { AttemptsTable, VariablesTable } from '../schema.js';
import type { Db } from './db.js';
import { dueUploads } from './due-uploads.js';
import { offerUses } from './offer-uses.js';
import { settleFailed } from './settle-upload.js';

/** Leases uploads that are due; see `Ledger.claimUploads`. */
export async function claimUploads(
  db: Db,
  nowMs: number,
  leaseMs: number,
  limit: number,
  afterFlow = '',
  underWay: readonly AttemptKey[] = [],
): Promise<PendingUpload[]> {
  const keys = await dueUploads(db, { nowMs, limit, afterFlow, underWay });
  const leaseUntilMs = nowMs + leaseMs;
  const attempts = new Map<AttemptKey, DueAttempt>();
  for (const some of batches(keys)) {
    await db
      .updateTable('attempts')
      .set({ lease_until_ms: leaseUntilMs, due_at_ms: leaseUntilMs })
      .where('key', 'in', some)
      .execute();
    for (const attempt of await attemptsOf(db, some)) attempts.set(attempt.key, attempt);
  }
  const variables = await variablesOf(db, keys);
  const uses = await offerUses(db, keys);
  const uploads: PendingUpload[] = [];
  for (const attempt of keys.flatMap((key) => attempts.get(key) ?? [])) {
    const upload = await readOrGiveUp(db, attempt, variables.get(attempt.key) ?? []);
    if (upload) uploads.push({ ...upload, uses: uses.get(attempt.key) ?? [] });
  }
  return uploads;
}

type DueAttempt = Pick<AttemptsTable, 'key' | 'destination' | 'opened_json' | 'end_json' | 'tries'>;

function attemptsOf(db: Db, keys: readonly AttemptKey[]): Promise<DueAttempt[]> {
  return db
    .selectFrom('attempts')
    .select(['key', 'destination', 'opened_json', 'end_json', 'tries'])
    .where('key', 'in', keys)
    .execute();
}

/** One that can't be read must not hold up the others: it is given up. */
async function readOrGiveUp(
  db: Db,
  attempt: DueAttempt,
  variables: readonly VariablesTable[],
): Promise<Omit<PendingUpload, 'uses'> | null> {
  const { key, destination, tries } = attempt;
  try {
    return {
      ...{ key, destination, tries },
      opened: openedOf(attempt),
      // A pending attempt has ended.
      end: endOf(attempt) as AttemptEnd,
      variables: variables.map(variableOf),
    };
  } catch (error) {
    await settleFailed(db, key, `what the ledger holds of it can't be read: ${(error as Error).message}`);
    return null;
  }
}

/** Variables of attempts, in the order of their snapshots. */
async function variablesOf(db: Db, keys: readonly AttemptKey[]): Promise<Map<AttemptKey, VariablesTable[]>> {
  const found = new Map<AttemptKey, VariablesTable[]>();
  for (const some of batches(keys)) {
    const rows = await db
      .selectFrom('variables')
      .selectAll()
      .where('attempt_key', 'in', some)
      .orderBy('position')
      .execute();
    for (const row of rows) {
      const ofAttempt = found.get(row.attempt_key);
      if (ofAttempt) ofAttempt.push(row);
      else found.set(row.attempt_key, [row]);
    }
  }
  return found;
}
