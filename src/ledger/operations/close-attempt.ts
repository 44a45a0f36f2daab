import type { AttemptEnd, HeldVariable } from '../../domain/attempt.js';
import { SidecarError } from '../../domain/errors.js';
import type { AttemptKey, ClosedCounts } from '../../ports/ledger.js';
import { PreparedQuery } from '../prepared.js';
import { NO_PAYLOAD_REASON } from '../reasons.js';
import { toJson } from '../rows.js';
import type { AttemptsTable } from '../schema.js';
import { stateAfter } from '../state-after.js';
import type { Db, OfAttempt } from './db.js';
import { recordLineage } from './record-lineage.js';
import { skip } from './record-variables.js';
import { resolveDependents } from './resolve-dependents.js';

const STATE_AND_DESTINATION = new PreparedQuery((db, parameters: OfAttempt) =>
  db.selectFrom('attempts').select(['state', 'destination']).where('key', '=', parameters.key),
);
const WITHOUT_PAYLOAD = new PreparedQuery((db, parameters: OfAttempt) =>
  db
    .selectFrom('variables')
    .select('name')
    .where('attempt_key', '=', parameters.key)
    .where('action', '=', 'artifact')
    .where('payload_json', 'is', null),
);
const ACTIONS = new PreparedQuery((db, parameters: OfAttempt) =>
  db.selectFrom('variables').select('action').where('attempt_key', '=', parameters.key),
);
type Ended = Pick<AttemptsTable, 'key' | 'state' | 'end_json' | 'outcome' | 'closed_at_ms'>;
const END = new PreparedQuery((db, parameters: Ended) =>
  db
    .updateTable('attempts')
    .set({
      state: parameters.state,
      end_json: parameters.end_json,
      outcome: parameters.outcome,
      closed_at_ms: parameters.closed_at_ms,
    })
    .where('key', '=', parameters.key),
);

/** Ends an attempt; see `Ledger.closeAttempt`. */
export async function closeAttempt(
  db: Db,
  key: AttemptKey,
  end: AttemptEnd,
  held: readonly HeldVariable[],
): Promise<ClosedCounts> {
  const attempt = await STATE_AND_DESTINATION.first(db, { key });
  if (!attempt) throw new SidecarError('not-found', `the ledger knows no attempt ${key}`);
  if (attempt.state !== 'open') return countVariables(db, key);
  await skipWithoutPayload(db, key);
  await recordLineage(db, key, held);
  await END.all(db, {
    key,
    state: stateAfter(attempt.destination),
    end_json: toJson(end),
    outcome: end.outcome,
    closed_at_ms: Math.floor(end.endedAtUs / 1000),
  });
  await resolveDependents(db, key);
  return countVariables(db, key);
}

async function skipWithoutPayload(db: Db, key: AttemptKey): Promise<void> {
  for (const { name } of await WITHOUT_PAYLOAD.all(db, { key })) await skip(db, key, name, NO_PAYLOAD_REASON);
}

async function countVariables(db: Db, key: AttemptKey): Promise<ClosedCounts> {
  const rows = await ACTIONS.all(db, { key });
  const skipped = rows.filter((row) => row.action === 'skip').length;
  return { logged: rows.length - skipped, skipped };
}
