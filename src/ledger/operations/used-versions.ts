import { useLabel } from '../../domain/use-label.js';
import type { AttemptKey, ReaderRow, ReadRow } from '../../ports/ledger.js';
import { batches } from '../batches.js';
import type { Db } from './db.js';
import { findLogger } from './lineage-graph.js';

/** Records versions that the step asked for itself, once W&B has their use on record. */
export async function recordUsedVersions(db: Db, key: AttemptKey, names: readonly string[]): Promise<void> {
  const rows = names.map((qualified_name) => ({ attempt_key: key, qualified_name }));
  for (const some of batches(rows)) {
    await db
      .insertInto('used_versions')
      .values(some)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}

/** Versions that a step asked for itself, as reads of what another attempt logged. */
export async function usedVersionsOf(db: Db, key: AttemptKey): Promise<ReadRow[]> {
  const rows = await db
    .selectFrom('used_versions')
    .select('qualified_name')
    .where('attempt_key', '=', key)
    .orderBy('qualified_name')
    .execute();
  const reads: ReadRow[] = [];
  for (const { qualified_name: artifact } of rows) {
    const makerKey = await findLogger(db, artifact);
    const maker = makerKey === null ? undefined : await pathspecOf(db, makerKey);
    const makerPathspec = maker ?? null;
    reads.push({
      ...{ name: useLabel(artifact), sourcePathspec: artifact, makerKey, makerPathspec, artifact },
      drawn: true,
    });
  }
  return reads;
}

async function pathspecOf(db: Db, key: AttemptKey): Promise<string | undefined> {
  const row = await db.selectFrom('attempts').select('pathspec').where('key', '=', key).executeTakeFirst();
  return row?.pathspec;
}

/** Attempts that asked themselves for what this one logged first. */
export async function listUsers(db: Db, key: AttemptKey, limit: number): Promise<ReaderRow[]> {
  const rows = await db
    .selectFrom('artifacts')
    .innerJoin('used_versions', 'used_versions.qualified_name', 'artifacts.qualified_name')
    .innerJoin('attempts as reader', 'reader.key', 'used_versions.attempt_key')
    .select(['artifacts.qualified_name', 'reader.key', 'reader.pathspec', 'reader.state'])
    .where('artifacts.attempt_key', '=', key)
    .where('artifacts.made_here', '=', 1)
    .orderBy('artifacts.qualified_name')
    .orderBy('reader.seq')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    name: useLabel(row.qualified_name),
    readerKey: row.key,
    readerPathspec: row.pathspec,
    readerState: row.state,
    artifact: row.qualified_name,
    drawn: true,
  }));
}
