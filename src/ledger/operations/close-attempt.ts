import type { AttemptEnd, HeldVariable } from '../../domain/attempt.js';
import { SidecarError } from '../../domain/errors.js';
import type { AttemptKey, ClosedCounts } from '../../ports/ledger.js';
import { NO_PAYLOAD_REASON } from '../reasons.js';
import { toJson } from '../rows.js';
import { stateAfter } from '../state-after.js';
import type { Db } from './db.js';
import { recordLineage } from './record-lineage.js';
import { skip } from './record-variables.js';
import { resolveDependents } from './resolve-dependents.js';

/** Ends an attempt; see `Ledger.closeAttempt`. */
export async function closeAttempt(
  db: Db,
  key: AttemptKey,
  end: AttemptEnd,
  held: readonly HeldVariable[],
): Promise<ClosedCounts> {
  const attempt = await db
    .selectFrom('attempts')
    .select(['state', 'destination'])
    .where('key', '=', key)
    .executeTakeFirst();
  if (!attempt) throw new SidecarError('not-found', `the ledger knows no attempt ${key}`);
  if (attempt.state !== 'open') return countVariables(db, key);
  await skipWithoutPayload(db, key);
  await recordLineage(db, key, held);
  await db
    .updateTable('attempts')
    .set({
      state: stateAfter(attempt.destination),
      end_json: toJson(end),
      outcome: end.outcome,
      closed_at_ms: Math.floor(end.endedAtUs / 1000),
    })
    .where('key', '=', key)
    .execute();
  await resolveDependents(db, key);
  return countVariables(db, key);
}

async function skipWithoutPayload(db: Db, key: AttemptKey): Promise<void> {
  const missing = await db
    .selectFrom('variables')
    .select('name')
    .where('attempt_key', '=', key)
    .where('action', '=', 'artifact')
    .where('payload_json', 'is', null)
    .execute();
  for (const { name } of missing) await skip(db, key, name, NO_PAYLOAD_REASON);
}

async function countVariables(db: Db, key: AttemptKey): Promise<ClosedCounts> {
  const rows = await db.selectFrom('variables').select('action').where('attempt_key', '=', key).execute();
  const skipped = rows.filter((row) => row.action === 'skip').length;
  return { logged: rows.length - skipped, skipped };
}
