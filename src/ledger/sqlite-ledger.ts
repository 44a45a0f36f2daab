import type { Kysely } from 'kysely';
import type { Ledger } from '../ports/ledger.js';
import { kyselyOver } from './dialect.js';
import { GroupCommit, type Write } from './group-commit.js';
import { migrate } from './migrate.js';
import { blobUse, giveUpBlobs, neededBlobs } from './operations/blob-references.js';
import { claimUploads } from './operations/claim-uploads.js';
import { closeAttempt } from './operations/close-attempt.js';
import type { Db } from './operations/db.js';
import { getAttempt } from './operations/get-attempt.js';
import { findLogger, listReaders } from './operations/lineage-graph.js';
import { claimLinks, countDueLinks, markDrawn } from './operations/links.js';
import { openAttempt } from './operations/open-attempt.js';
import {
  counts,
  listAttempts,
  listFlows,
  listRuns,
  oldestPendingAtMs,
  openAttempts,
} from './operations/read-model.js';
import { recordPayload, recordSkip, recordSnapshot } from './operations/record-variables.js';
import { releaseHeld, releaseLeases, retryFailed } from './operations/retry-failed.js';
import { settleFailed, settleRetry, settleUploaded } from './operations/settle-upload.js';
import { appendLog, countPendingLoggers, readLog } from './operations/step-logs.js';
import { listUsers } from './operations/used-versions.js';
import type { LedgerTables } from './schema.js';
import { ledgerError, openSqlite } from './sqlite-handle.js';

/** Where the ledger is. */
export interface SqliteLedgerOptions {
  /** File to open or create; its directory must exist. SQLite keeps two more files beside it. */
  readonly path: string;
}

/**
 * Opens the ledger and brings it to the newest schema. No other process can
 * open the same file until it is closed or this process ends.
 *
 * @throws SidecarError `ledger-corrupt`, `ledger-newer`, `ledger-in-use`, `ledger-unavailable`
 */
export async function createSqliteLedger({ path }: SqliteLedgerOptions): Promise<Ledger> {
  const db = kyselyOver(openSqlite(path));
  try {
    await migrate(db);
  } catch (error) {
    await db.destroy();
    throw ledgerError(error, path);
  }
  return ledgerOver(db, path);
}

/** The ledger that an open file of the newest schema holds; closing it closes the file. */
export function ledgerOver(db: Kysely<LedgerTables>, path: string): Ledger {
  const group = new GroupCommit(db);
  const explain = (error: unknown) => Promise.reject(ledgerError(error, path));
  const write = <T>(work: Write<LedgerTables, T>): Promise<T> => group.write(work).catch(explain);
  const read = <T>(work: (db: Db) => Promise<T>): Promise<T> => work(db).catch(explain);
  return {
    openAttempt: (attempt) => write((trx) => openAttempt(trx, attempt)),
    recordSnapshot: (key, snapshot) => write((trx) => recordSnapshot(trx, key, snapshot)),
    recordPayload: (key, variable, payload) => write((trx) => recordPayload(trx, key, variable, payload)),
    recordSkip: (key, variable, reason) => write((trx) => recordSkip(trx, key, variable, reason)),
    closeAttempt: (key, end, held) => write((trx) => closeAttempt(trx, key, end, held)),
    openAttempts: () => read(openAttempts),
    claimUploads: (nowMs, leaseMs, limit, afterFlow, underWay) =>
      write((trx) => claimUploads(trx, nowMs, leaseMs, limit, afterFlow, underWay)),
    settleUploaded: (key, landed) => write((trx) => settleUploaded(trx, key, landed)),
    settleRetry: (key, reason, dueAtMs) => write((trx) => settleRetry(trx, key, reason, dueAtMs)),
    settleFailed: (key, reason) => write((trx) => settleFailed(trx, key, reason)),
    retryFailed: (prefix) => write((trx) => retryFailed(trx, prefix)),
    releaseHeld: (prefix, destination) => write((trx) => releaseHeld(trx, prefix, destination)),
    releaseLeases: () => write(releaseLeases),
    claimLinks: (limit) => write((trx) => claimLinks(trx, limit)),
    settleLinks: (key, names) => write((trx) => markDrawn(trx, key, names)),
    countDueLinks: () => read(countDueLinks),
    counts: () => read(counts),
    listFlows: (limit) => read((db) => listFlows(db, limit)),
    listRuns: (flowName, limit) => read((db) => listRuns(db, flowName, limit)),
    listAttempts: (filter, limit) => read((db) => listAttempts(db, filter, limit)),
    getAttempt: (key) => read((db) => getAttempt(db, key)),
    listReaders: (key, limit) =>
      read(async (db) => [...(await listReaders(db, key, limit)), ...(await listUsers(db, key, limit))]),
    findLogger: (qualifiedName) => read((db) => findLogger(db, qualifiedName)),
    oldestPendingAtMs: () => read(oldestPendingAtMs),
    appendLog: (key, entries) => write((trx) => appendLog(trx, key, entries)),
    readLog: (key, from) => read((db) => readLog(db, key, from)),
    countPendingLoggers: (key, name) => read((db) => countPendingLoggers(db, key, name)),
    giveUpBlobs: (uploadedByMs, limit) => write((trx) => giveUpBlobs(trx, uploadedByMs, limit)),
    neededBlobs: (digests) => read((db) => neededBlobs(db, digests)),
    blobUse: (uploadedByMs) => read((db) => blobUse(db, uploadedByMs)),
    close: async () => {
      await group.idle();
      await db.destroy();
    },
  };
}
