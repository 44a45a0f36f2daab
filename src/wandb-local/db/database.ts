import { DatabaseSync, type DatabaseSyncInstance, type StatementSyncInstance } from '@photostructure/sqlite';
import { migrate } from './migrations.js';

/** What SQLite can bind; booleans are 0 and 1. */
export type SqlValue = string | number | bigint | null | Uint8Array;

/**
 * The one writer on the one SQLite file: WAL, `synchronous=FULL`, so that what was answered survives a kill
 * and a power cut.
 */
export class Database {
  readonly #db: DatabaseSyncInstance;
  readonly #statements = new Map<string, StatementSyncInstance>();
  #depth = 0;

  /**
   * Opens or creates the file and brings its schema up to date.
   * @throws Error if the file was written by a newer version
   */
  constructor(path: string) {
    this.#db = new DatabaseSync(path);
    this.#db.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON');
    this.#db.exec('PRAGMA busy_timeout=5000');
    migrate(this.#db);
  }

  /** The first row, if any. */
  get<Row>(sql: string, ...params: SqlValue[]): Row | undefined {
    return this.#prepare(sql).get(...params) as Row | undefined;
  }

  /** All rows. */
  all<Row>(sql: string, ...params: SqlValue[]): Row[] {
    return this.#prepare(sql).all(...params) as Row[];
  }

  /** Rows one by one, for sets that should not be held in memory at once. */
  iterate<Row>(sql: string, ...params: SqlValue[]): IterableIterator<Row> {
    return this.#db.prepare(sql).iterate(...params) as IterableIterator<Row>;
  }

  /** Runs a statement; the number of rows it changed. */
  run(sql: string, ...params: SqlValue[]): number {
    return Number(this.#prepare(sql).run(...params).changes);
  }

  /** Runs an INSERT; the new row's id. */
  insert(sql: string, ...params: SqlValue[]): number {
    return Number(this.#prepare(sql).run(...params).lastInsertRowid);
  }

  /** Everything `work` does is committed together, or not at all; an inner call joins the outer one. */
  transaction<T>(work: () => T): T {
    if (this.#depth > 0) return work();
    this.#db.exec('BEGIN IMMEDIATE');
    this.#depth = 1;
    try {
      const result = work();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      this.#db.exec('ROLLBACK');
      throw error;
    } finally {
      this.#depth = 0;
    }
  }

  /** Closes the file; no call may follow. */
  close(): void {
    this.#statements.clear();
    this.#db.close();
  }

  #prepare(sql: string): StatementSyncInstance {
    const known = this.#statements.get(sql);
    if (known) return known;
    const statement = this.#db.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}
