import type { AttemptKey, ReaderRow } from '../../ports/ledger.js';
import type { Db } from './db.js';

/** Attempts that read what this one made; see `Ledger.listReaders`. */
export async function listReaders(db: Db, key: AttemptKey, limit: number): Promise<ReaderRow[]> {
  const rows = await db
    .selectFrom('reads')
    .innerJoin('attempts as reader', 'reader.key', 'reads.attempt_key')
    .select(['reads.name', 'reader.key', 'reader.pathspec', 'reader.state'])
    .select((select) => select.fn.max('reads.drawn').as('drawn'))
    .where('reads.maker_key', '=', key)
    .groupBy(['reads.name', 'reader.key', 'reader.pathspec', 'reader.state', 'reader.seq'])
    .orderBy('reads.name')
    .orderBy('reader.seq')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    name: row.name,
    readerKey: row.key,
    readerPathspec: row.pathspec,
    readerState: row.state,
    artifact: null,
    drawn: Number(row.drawn) === 1,
  }));
}

/** The attempt that logged an artifact version; see `Ledger.findLogger`. */
export async function findLogger(db: Db, qualifiedName: string): Promise<AttemptKey | null> {
  const row = await db
    .selectFrom('artifacts')
    .innerJoin('attempts', 'attempts.key', 'artifacts.attempt_key')
    .select('attempts.key')
    .where('artifacts.qualified_name', '=', qualifiedName)
    // W&B gives equal content one version; the first to log it made it.
    .orderBy('artifacts.made_here', 'desc')
    .orderBy('attempts.uploaded_at_ms')
    .orderBy('attempts.seq')
    .limit(1)
    .executeTakeFirst();
  return row?.key ?? null;
}
