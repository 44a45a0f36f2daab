import {
  type DialectAdapter,
  Kysely,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDialect,
  type SqliteStatement,
} from 'kysely';
import type { LedgerTables } from './schema.js';
import type { SqliteHandle, SqliteStatementHandle, SqliteValue } from './sqlite-handle.js';

/** Prepared statements kept for reuse; queries with lists of varying length make ever new ones. */
const MAX_STATEMENTS = 200;

/** Queries on an open ledger file. Destroying it closes the file. */
export function kyselyOver(handle: SqliteHandle): Kysely<LedgerTables> {
  return new Kysely<LedgerTables>({ dialect: new LedgerDialect({ database: adapt(handle) }) });
}

class LedgerDialect extends SqliteDialect {
  override createAdapter(): DialectAdapter {
    return new TransactionalDdlAdapter();
  }
}

/** SQLite can create tables inside a transaction; saying so keeps a killed migration from leaving half of one. */
class TransactionalDdlAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

function adapt(handle: SqliteHandle): SqliteDatabase {
  const statements = new Map<string, SqliteStatement>();
  return {
    close: () => handle.close(),
    prepare: (sql) => {
      const known = statements.get(sql);
      if (known) return known;
      const statement = adaptStatement(handle.prepare(sql));
      statements.set(sql, statement);
      const [oldest] = statements.keys();
      if (statements.size > MAX_STATEMENTS && oldest !== undefined) statements.delete(oldest);
      return statement;
    },
  };
}

function adaptStatement(statement: SqliteStatementHandle): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...(parameters as SqliteValue[])),
    run: (parameters) => statement.run(...(parameters as SqliteValue[])),
    iterate: (parameters) => statement.iterate(...(parameters as SqliteValue[])),
  };
}
