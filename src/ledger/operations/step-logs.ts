import type { StepLogEntry } from '../../domain/step-log.js';
import type { AttemptKey } from '../../ports/ledger.js';
import type { LogPage, LogPosition } from '../../ports/step-logs.js';
import { blobsOfEntries } from '../blob-references.js';
import { toJson } from '../rows.js';
import { needBlobs } from './blob-references.js';
import { type Db, requireOpen } from './db.js';

/** Batches that are read at once. */
const BATCHES_PER_PAGE = 16;

/** Appends to the log of an attempt; see `StepLogs.appendLog`. */
export async function appendLog(db: Db, key: AttemptKey, entries: readonly StepLogEntry[]): Promise<void> {
  await requireOpen(db, key);
  const last = await db
    .selectFrom('log_batches')
    .select((select) => select.fn.max('seq').as('seq'))
    .where('attempt_key', '=', key)
    .executeTakeFirst();
  const seq = Number(last?.seq ?? 0) + 1;
  await db
    .insertInto('log_batches')
    .values({ attempt_key: key, seq, entries_json: toJson(entries) })
    .execute();
  await needBlobs(db, key, blobsOfEntries(entries));
  for (const entry of entries) {
    if (entry.kind !== 'artifact') continue;
    await db
      .insertInto('log_artifacts')
      .values({ attempt_key: key, name: entry.artifact.name })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}

/** The next entries of a log; see `StepLogs.readLog`. */
export async function readLog(db: Db, key: AttemptKey, from: LogPosition): Promise<LogPage> {
  const batches = await db
    .selectFrom('log_batches')
    .select(['seq', 'entries_json'])
    .where('attempt_key', '=', key)
    .where('seq', '>', from)
    .orderBy('seq')
    .limit(BATCHES_PER_PAGE)
    .execute();
  return {
    entries: batches.flatMap((batch) => JSON.parse(batch.entries_json) as StepLogEntry[]),
    next: batches.at(-1)?.seq ?? from,
  };
}

/** Attempts that will bring an artifact of that name; see `StepLogs.countPendingLoggers`. */
export async function countPendingLoggers(db: Db, key: AttemptKey, artifactName: string): Promise<number> {
  const row = await db
    .selectFrom('attempts as own')
    .innerJoin('attempts as other', (join) =>
      join
        .onRef('other.flow_name', '=', 'own.flow_name')
        .onRef('other.run_id', '=', 'own.run_id')
        .onRef('other.metadata_provider', '=', 'own.metadata_provider')
        .onRef('other.destination', '=', 'own.destination'),
    )
    .select((select) => select.fn.countAll<number>().as('loggers'))
    .where('own.key', '=', key)
    .where('other.state', '=', 'pending')
    .whereRef('other.seq', '<', 'own.seq')
    .where((where) =>
      where.or([
        where.exists(
          where
            .selectFrom('variables')
            .select('variables.name')
            .whereRef('variables.attempt_key', '=', 'other.key')
            .where('variables.name', '=', artifactName)
            .where('variables.action', '=', 'artifact'),
        ),
        where.exists(
          where
            .selectFrom('log_artifacts')
            .select('log_artifacts.name')
            .whereRef('log_artifacts.attempt_key', '=', 'other.key')
            .where('log_artifacts.name', '=', artifactName),
        ),
      ]),
    )
    .executeTakeFirst();
  return Number(row?.loggers ?? 0);
}
