import type { AttemptEnd, HeldVariable } from '../../domain/attempt.js';
import { SidecarError } from '../../domain/errors.js';
import type { AttemptKey, ClosedCounts } from '../../ports/ledger.js';
import { PreparedQuery } from '../prepared.js';
import { NO_PAYLOAD_REASON } from '../reasons.js';
import { toJson } from '../rows.js';
import type { AttemptsTable } from '../schema.js';
import { stateAfter } from '../state-after.js';
import type { Db, OfAttempt } from './db.js';
import { type EndingVariable, recordLineage } from './record-lineage.js';
import { skip } from './record-variables.js';
import { resolveDependents } from './resolve-dependents.js';

const ATTEMPT = new PreparedQuery((db, parameters: OfAttempt) =>
  db
    .selectFrom('attempts')
    .select(['state', 'destination', 'metadata_provider'])
    .where('key', '=', parameters.key),
);
const VARIABLES = new PreparedQuery((db, parameters: OfAttempt) =>
  db
    .selectFrom('variables')
    .select(['name', 'action', 'described_json'])
    .select((select) => select('payload_json', 'is not', null).as('has_payload'))
    .where('attempt_key', '=', parameters.key),
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
  const attempt = await ATTEMPT.first(db, { key });
  if (!attempt) throw new SidecarError('not-found', `the ledger knows no attempt ${key}`);
  const found = await VARIABLES.all(db, { key });
  if (attempt.state !== 'open') return countsOf(found);
  const variables = await withoutMissing(db, key, found);
  await recordLineage(db, { key, metadataProvider: attempt.metadata_provider, variables, held });
  await END.all(db, {
    key,
    state: stateAfter(attempt.destination),
    end_json: toJson(end),
    outcome: end.outcome,
    closed_at_ms: Math.floor(end.endedAtUs / 1000),
  });
  await resolveDependents(db, key);
  return countsOf(variables);
}

/** Makes skipped ones of those whose payload never came. */
async function withoutMissing<V extends EndingVariable & { readonly has_payload: unknown }>(
  db: Db,
  key: AttemptKey,
  variables: readonly V[],
): Promise<EndingVariable[]> {
  const ending: EndingVariable[] = [];
  for (const variable of variables) {
    const isMissing = variable.action === 'artifact' && !variable.has_payload;
    if (isMissing) await skip(db, key, variable.name, NO_PAYLOAD_REASON);
    ending.push(isMissing ? { ...variable, action: 'skip' } : variable);
  }
  return ending;
}

function countsOf(variables: readonly Pick<EndingVariable, 'action'>[]): ClosedCounts {
  const skipped = variables.filter(({ action }) => action === 'skip').length;
  return { logged: variables.length - skipped, skipped };
}
