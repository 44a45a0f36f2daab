import type { AttemptKey, LandedRun } from '../../ports/ledger.js';
import { batches } from '../batches.js';
import { toJson } from '../rows.js';
import type { AttemptsTable } from '../schema.js';
import { blobsUploaded } from './blob-references.js';
import type { Db } from './db.js';
import { endWaitingFor } from './due-uploads.js';
import { dueForLinks, markDrawn, readersDueForLinks } from './links.js';
import { drawableReads } from './offer-uses.js';
import { recordUsedVersions } from './used-versions.js';

/** The upload landed; see `Ledger.settleUploaded`. */
export async function settleUploaded(db: Db, key: AttemptKey, landed: LandedRun): Promise<void> {
  const settled = await settle(db, key, {
    state: 'done',
    uploaded_at_ms: landed.uploadedAtMs,
    entity: landed.entity,
    project: landed.project,
    url: landed.url,
    problems_json: toJson(landed.problems),
    last_error: '',
  });
  if (!settled) return;
  await endWaitingFor(db, key);
  const artifacts = landed.artifacts.map((artifact) => ({
    attempt_key: key,
    variable: artifact.variable,
    qualified_name: artifact.qualifiedName,
    artifact_json: toJson(artifact),
    made_here: artifact.madeHere === false ? 0 : 1,
  }));
  for (const rows of batches(artifacts)) await db.insertInto('artifacts').values(rows).execute();
  await blobsUploaded(db, key, landed.uploadedAtMs, landed.problems);
  await recordUsedVersions(db, key, landed.usedVersions);
  await markDrawn(db, key, landed.drawnUses);
  if ((await drawableReads(db, [key])).length > 0) await dueForLinks(db, key);
  await readersDueForLinks(
    db,
    key,
    landed.artifacts.map((artifact) => artifact.variable),
  );
}

/** The upload will be tried again; see `Ledger.settleRetry`. */
export async function settleRetry(db: Db, key: AttemptKey, reason: string, dueAtMs: number): Promise<void> {
  await settle(db, key, { due_at_ms: dueAtMs, last_error: reason });
}

/** The upload is given up; see `Ledger.settleFailed`. */
export async function settleFailed(db: Db, key: AttemptKey, reason: string): Promise<void> {
  if (await settle(db, key, { state: 'failed', last_error: reason })) await endWaitingFor(db, key);
}

/**
 * Ends the lease. False, and nothing changes, where there is none: the attempt
 * was begun anew while an earlier form of it was on its way.
 */
async function settle(db: Db, key: AttemptKey, columns: Partial<AttemptsTable>): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('attempts')
    .set(columns)
    .set((set) => ({ tries: set('tries', '+', 1), lease_until_ms: null }))
    .where('key', '=', key)
    .where('state', '=', 'pending')
    .where('lease_until_ms', 'is not', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
