import { pathspec, type StoredPayload } from '../../domain/attempt.js';
import type { VariableDecision } from '../../domain/decision.js';
import { SidecarError } from '../../domain/errors.js';
import type { AttemptKey, DecidedSnapshot } from '../../ports/ledger.js';
import { blobsOfPayload } from '../blob-references.js';
import { PreparedInsert } from '../prepared.js';
import { toJson } from '../rows.js';
import { needBlobs } from './blob-references.js';
import { type Db, requireOpen } from './db.js';

const INSERT_VARIABLES = new PreparedInsert('variables');
const INSERT_READS = new PreparedInsert(
  'reads',
  // The same variable of the same input, named twice, is one read.
  (insert) =>
    insert.onConflict((conflict) => conflict.columns(['attempt_key', 'name', 'source_key']).doNothing()),
);

/** Records a snapshot; see `Ledger.recordSnapshot`. */
export async function recordSnapshot(db: Db, key: AttemptKey, snapshot: DecidedSnapshot): Promise<void> {
  await requireOpen(db, key);
  const variables = snapshot.variables.map(({ described, decision }, position) => ({
    attempt_key: key,
    name: described.name,
    position,
    action: decision.action,
    described_json: toJson(described),
    decision_json: toJson(decision),
    payload_json: null,
  }));
  await INSERT_VARIABLES.run(db, variables);
  const reads = snapshot.reads.map((read) => ({
    attempt_key: key,
    name: read.name,
    source_key: read.sourceKey,
    source_pathspec: pathspec(read.source),
    source_provider: read.source.metadataProvider,
    content_hash: read.contentHash,
    maker_key: null,
    offered: 0,
    drawn: 0,
  }));
  await INSERT_READS.run(db, reads);
}

/** Records a stored payload; see `Ledger.recordPayload`. */
export async function recordPayload(
  db: Db,
  key: AttemptKey,
  variable: string,
  payload: StoredPayload,
): Promise<void> {
  await requireOpen(db, key);
  const { numUpdatedRows } = await db
    .updateTable('variables')
    .set({ payload_json: toJson(payload) })
    .where('attempt_key', '=', key)
    .where('name', '=', variable)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) throw unknownVariable(key, variable);
  await needBlobs(db, key, blobsOfPayload(payload));
}

/** Turns a planned variable into a skipped one; see `Ledger.recordSkip`. */
export async function recordSkip(db: Db, key: AttemptKey, variable: string, reason: string): Promise<void> {
  await requireOpen(db, key);
  await skip(db, key, variable, reason);
}

/**
 * Makes a variable a skipped one and drops its payload.
 * @throws SidecarError `not-found`
 */
export async function skip(db: Db, key: AttemptKey, variable: string, reason: string): Promise<void> {
  const row = await db
    .selectFrom('variables')
    .select('decision_json')
    .where('attempt_key', '=', key)
    .where('name', '=', variable)
    .executeTakeFirst();
  if (!row) throw unknownVariable(key, variable);
  const decision: VariableDecision = { ...JSON.parse(row.decision_json), action: 'skip', reason };
  await db
    .updateTable('variables')
    .set({ action: 'skip', decision_json: toJson(decision), payload_json: null })
    .where('attempt_key', '=', key)
    .where('name', '=', variable)
    .execute();
}

function unknownVariable(key: AttemptKey, variable: string): SidecarError {
  return new SidecarError('not-found', `attempt ${key} described no variable "${variable}"`);
}
